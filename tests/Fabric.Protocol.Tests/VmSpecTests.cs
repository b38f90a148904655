namespace Fabric.Protocol.Tests;

public sealed class VmSpecTests
{
    private static readonly VmSpec Good = new()
    {
        Id = VmId.Of("v1"),
        MemoryKiB = 131_136,
        Kernel = "/k",
        Append = "quiet",
    };

    [Fact]
    public void A_good_specification_has_no_faults() => Good.Faults().ShouldBeEmpty();

    [Fact]
    public void Each_fault_is_named()
    {
        Fault(Good with { MemoryKiB = 1 }).ShouldContain("memory 1 KiB");
        Fault(Good with { MemoryKiB = long.MaxValue }).ShouldContain("memory");
        Fault(Good with { Vcpus = 0 }).ShouldContain("0 vCPUs");
        Fault(Good with { Vcpus = 289 }).ShouldContain("289 vCPUs");
        Fault(Good with { Machine = "q35,accel=kvm" }).ShouldContain("machine");
        Fault(Good with { Kernel = "k" }).ShouldContain("kernel 'k'");
        Fault(Good with { Initrd = "-i" }).ShouldContain("initrd '-i'");
        Fault(Good with { Append = "a\nb" }).ShouldContain("control characters");
        Fault(Good with { Kernel = null }).ShouldContain("needs a kernel");
        Fault(Good with { Devices = ["-daemonize"] }).ShouldContain("device '-daemonize'");
        Fault(Good with { Devices = [.. Enumerable.Repeat("d", 33)] }).ShouldContain("33 devices");
        Fault(Good with { Id = VmId.Of(new string('a', 49)) }).ShouldContain("longer than 48");
    }

    [Fact]
    public void Two_specifications_are_the_same_device_for_device()
    {
        (Good with { Devices = ["d"] }).SameAs(Good with { Devices = ["d"] }).ShouldBeTrue();
        (Good with { Devices = ["d"] }).SameAs(Good).ShouldBeFalse();
        (Good with { Vcpus = 2 }).SameAs(Good).ShouldBeFalse();
    }

    private static string Fault(VmSpec spec) => spec.Faults().ShouldHaveSingleItem();
}
