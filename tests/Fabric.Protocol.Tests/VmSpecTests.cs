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

    [Theory]
    [InlineData("oltp", "oltp", 1)]
    [InlineData("specweb,seed=18446744073709551615", "specweb", ulong.MaxValue)]
    public void Program_is_a_name_and_perhaps_a_seed(string text, string name, ulong seed)
    {
        GuestProgramSpec.TryRead(text, out var spec).ShouldBeTrue();
        spec.ShouldBe(new GuestProgramSpec(name, seed));
        (Good with { Program = text }).Faults().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("word")]
    [InlineData("oltp,")]
    [InlineData("oltp,seed=-1")]
    [InlineData("oltp,seed=1,seed=2")]
    [InlineData("oltp,speed=1")]
    public void Other_programs_are_refused_by_name(string text) =>
        Fault(Good with { Program = text }).ShouldContain("program");

    private static string Fault(VmSpec spec) => spec.Faults().ShouldHaveSingleItem();
}
