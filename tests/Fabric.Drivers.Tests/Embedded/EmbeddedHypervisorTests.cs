using Fabric.Drivers.Embedded;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Embedded;

public sealed class EmbeddedHypervisorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fabric-vm-").FullName;

    private static VmSpec Spec => new()
    {
        Id = VmId.Of("web-1"),
        MemoryKiB = 65_536,
        Machine = VmSpec.EmbeddedMachine,
        Program = "oltp,seed=7",
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Arguments_reach_the_program_as_they_are_and_the_shell_reads_none_of_them()
    {
        var options = new EmbeddedOptions { Command = ["/opt/a b/fabric", "guest"] };
        var line = EmbeddedCommandLine.Of(Spec, StartMode.Incoming, new QemuDirectory("/run/v"), options);
        line.Take(3).ShouldBe(["-c", "\"$@\" 3>&1 1>>\"$0\" 2>&1 </dev/null &", "/run/v/qemu.log"]);
        line.Skip(3).ShouldBe(
        [
            "/opt/a b/fabric", "guest", "--name", "web-1", "--program", "oltp,seed=7", "--memory", "65536KiB",
            "--monitor", "/run/v/qmp.sock", "--monitor", "/run/v/oob.sock", "--monitor", "/run/v/observe.sock",
            "--serial", "/run/v/serial.sock", "--console-log", "/run/v/console.log", "-pidfile", "/run/v/qemu.pid",
            "--paused", "--daemon", "--incoming",
        ]);
    }

    [Fact]
    public void Machine_that_fits_has_no_fault() => EmbeddedFitness.Check(Spec).ShouldBeEmpty();

    [Fact]
    public void Each_thing_that_it_cannot_run_is_named()
    {
        Reasons(Spec with { Program = null }).ShouldBe([FailureReason.HypervisorUnfit]);
        Reasons(Spec with { Machine = VmSpec.QemuMachine }).ShouldBe([FailureReason.HypervisorUnfit]);
        Reasons(Spec with { Kernel = "/k" }).ShouldBe([FailureReason.HypervisorUnfit]);
        Reasons(Spec with { Devices = ["e1000"] }).ShouldBe([FailureReason.HypervisorUnfit]);
        Reasons(Spec with { Vcpus = 2 }).ShouldBe([FailureReason.HypervisorUnfit]);
        Reasons(Spec with { MemoryKiB = 65_537 }).ShouldBe([FailureReason.HypervisorUnfit]);
        Reasons(Spec with { Disks = [new DiskSpec { Id = DiskId.Of("root"), File = "r" }] })
            .ShouldBe([FailureReason.HypervisorUnfit]);
        Reasons(Spec with { Program = "word" }).ShouldBe([FailureReason.SpecInvalid]);
    }

    [Fact]
    public void A_guest_program_is_refused_by_qemu()
    {
        var machines = new HashSet<string>(StringComparer.Ordinal) { VmSpec.EmbeddedMachine };
        var facts = new HypervisorFacts(new Version(10, 0), "tcg", machines);
        QemuFitness.Check(Spec, facts, new QemuOptions(), new HashSet<string>(StringComparer.Ordinal))
            .ShouldHaveSingleItem().Detail.ShouldContain("embedded hypervisor");
    }

    // The shell gives descriptor 3 to whatever it starts: here a shell again, in the place of the hypervisor.
    [Theory]
    [InlineData("echo no memory >&3", "no memory")]
    [InlineData("echo it failed >&2; exit 1", "it ended without a word")]
    [InlineData("printf ready >&3", "the process ended at once")]
    public async Task Process_that_does_not_come_up_is_an_error_with_its_own_words(string script, string why)
    {
        var hypervisor = new EmbeddedHypervisor(
            new EmbeddedOptions { Command = ["/bin/sh", "-c", script] }, TimeProvider.System);
        var failed = await Should.ThrowAsync<HypervisorException>(
            () => hypervisor.StartAsync(Spec, StartMode.Boot, Path.Combine(_directory, "m"), default));
        failed.Fault.ShouldBe(HypervisorFault.DidNotStart);
        failed.Message.ShouldContain(why);
        (await hypervisor.AdoptAsync(Path.Combine(_directory, "m"), default)).ShouldBeNull();
    }

    private static IEnumerable<FailureReason> Reasons(VmSpec spec) => EmbeddedFitness.Check(spec).Select(u => u.Reason);
}
