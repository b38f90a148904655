using Fabric.Drivers;
using Fabric.Host.Demo;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Guest;

namespace Fabric.Host.Tests.Demo;

public sealed class DemoVerbTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("--hypervisor qemu --json")]
    [InlineData("--hypervisor embedded --program oltp")]
    [InlineData("--kill target-vm --at pre-copy --keep")]
    [InlineData("--matrix --markdown table.md")]
    [InlineData("--memory 256MiB --bandwidth 10MB")]
    [InlineData("--wan 100mbit,50ms --kill data-link --at pre-copy")]
    [InlineData("--wan 100mbit,50ms --kill data-link --for 30s")]
    [InlineData("--hypervisor qemu --sites two")]
    [InlineData("--hypervisor qemu --sites two --disk local --network none --lab l1 --wan 100mbit,20ms")]
    [InlineData("--hypervisor qemu --sites two --kill data-link --at storage-sync --for 30s")]
    public void Good_command_lines_are_taken(string line) => DemoVerb.Create().Parse(line).Errors.ShouldBeEmpty();

    [Theory]
    [InlineData("--kill target-vm", "belong together")]
    [InlineData("--at pre-copy", "belong together")]
    [InlineData("--kill nobody --at pre-copy", "nobody")]
    [InlineData("--kill target-vm --at off", "off")]
    [InlineData("--matrix --kill target-vm --at pre-copy", "leave --kill and --at out")]
    [InlineData("--markdown x", "goes with --matrix")]
    [InlineData("--kill target-vm --at pre-copy --for 5s", "goes with --kill data-link or node-link")]
    [InlineData("--for 5s", "goes with --kill data-link or node-link")]
    [InlineData("--kill data-link --at pre-copy --for soon", "'soon' is not a time")]
    [InlineData("--kill data-link --at pre-copy --for 11m", "'11m' is not a time")]
    [InlineData("--kill data-link --at pre-copy --for 1ms", "'1ms' is not a time")]
    [InlineData("--memory much", "'much' is not a size")]
    [InlineData("--memory 0", "'0' is not a size")]
    [InlineData("--hypervisor xen", "xen")]
    [InlineData("--program word", "word")]
    [InlineData("--wan slow", "write for instance 100mbit,50ms")]
    [InlineData("--sites two", "goes with --hypervisor qemu")]
    [InlineData("--hypervisor qemu --sites three", "three")]
    [InlineData("--hypervisor qemu --disk local", "--disk goes with --sites two")]
    [InlineData("--hypervisor qemu --sites two --disk big", "big")]
    [InlineData("--hypervisor qemu --sites two --matrix", "--matrix goes without --sites")]
    public void Bad_command_lines_are_refused_with_the_reason(string line, string reason) =>
        string.Join(' ', DemoVerb.Create().Parse(line).Errors.Select(e => e.Message)).ShouldContain(reason);

    [Fact]
    public void A_link_is_cut_as_long_as_it_is_said_and_else_its_usual_time()
    {
        DemoFaults.CaseOf("data-link", "pre-copy", TimeSpan.FromSeconds(30))!.For.ShouldBe(TimeSpan.FromSeconds(30));
        DemoFaults.CaseOf("data-link", "pre-copy")!.For.ShouldBe(TimeSpan.FromSeconds(1));
        DemoFaults.CaseOf("node-link", "pre-copy")!.For.ShouldBe(TimeSpan.FromSeconds(3));
        DemoFaults.CaseOf("target-vm", "pre-copy")!.For.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Every_victim_and_stage_has_a_word_of_its_own()
    {
        DemoFaults.VictimWords.ShouldBe(
            ["target-vm", "target-agent", "source-agent", "coordinator", "data-link", "node-link"]);
        FaultNames.StageWords.ShouldBe(
            ["pre-migration", "reservation", "storage-sync", "pre-copy", "stop-and-copy", "commitment", "activation",
             "releasing-source"]);
        FaultNames.AllStages.Select(FaultNames.KindOf).Distinct().Count().ShouldBe(8);
    }

    [Theory]
    [InlineData("7.2.22", "tcg", 131136)]
    [InlineData("7.2.22", "kvm", 131072)]
    [InlineData("10.0.2", "tcg", 131072)]
    public void Memory_is_made_odd_where_even_memory_would_be_corrupted(string version, string accelerator, long kib)
    {
        var machines = new HashSet<string>(StringComparer.Ordinal);
        var facts = new HypervisorFacts(Version.Parse(version), accelerator, machines);
        GuestMachine.MemoryKiB(128L << 20, facts).ShouldBe(kib);
    }

    [Fact]
    public void Missing_guest_is_an_error_that_names_what_builds_it() =>
        Should.Throw<LabException>(() => GuestFiles.Find(_directory.Path, null))
            .Message.ShouldContain("deploy/setup.sh");

    [Fact]
    public void Guest_is_found_under_the_home()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_directory.Path, "artifacts", "guest")).FullName;
        File.WriteAllText(Path.Combine(folder, "vmlinux"), "");
        File.WriteAllText(Path.Combine(folder, "initrd.cpio"), "");
        GuestFiles.Find(null, _directory.Path).Kernel.ShouldBe(Path.Combine(folder, "vmlinux"));
    }
}
