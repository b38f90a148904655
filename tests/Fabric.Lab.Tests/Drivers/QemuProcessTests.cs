using System.Diagnostics;
using System.Globalization;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

[Collection(QemuTests.Name)]
[Trait("Category", "Lab")]
public sealed class QemuProcessTests(SavedGuest saved)
{
    /// <summary>Both versions.</summary>
    public static TheoryData<string> Versions => new(LabEnvironment.Installed, LabEnvironment.Unpacked);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Probe_tells_version_and_machines_and_check_finds_what_is_unfit(string version)
    {
        await using var lab = new QemuLab(version);
        var facts = await lab.Hypervisor.ProbeAsync(default);
        facts.Version.ToString().ShouldStartWith(version);
        facts.Accelerator.ShouldBe("tcg");
        facts.Machines.Contains("pc-q35-7.2").ShouldBeTrue();
        (await lab.Hypervisor.CheckAsync(QemuLab.Spec, default)).ShouldBeEmpty();

        var unfit = QemuLab.Spec with
        {
            Machine = "pc-q35-99.9",
            Initrd = "/nonexistent/initrd",
            MemoryKiB = 128 * 1024,
            Devices = ["loader,file=/etc/passwd", "virtio-balloon-pci"],
        };
        var reasons = (await lab.Hypervisor.CheckAsync(unfit, default)).Select(u => u.Reason).ToList();
        var expected = new List<FailureReason>
        {
            FailureReason.HypervisorUnfit, FailureReason.HypervisorUnfit, FailureReason.ImageMissing,
        };
        if (facts.Version.Major < 10)
            expected.Add(FailureReason.MemorySizeCorrupts);
        reasons.ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Machine_starts_stopped_in_a_session_of_its_own_and_in_private_files(string version)
    {
        await using var lab = new QemuLab(version);
        var machine = await lab.StartAsync(StartMode.Boot);
        (await machine.ObserveAsync(default))
            .ShouldBe(new MachineStatus(RunState.Paused, MigrationPhase.None, null, null));
        SessionOf(machine.ProcessId).ShouldNotBe(SessionOf(Environment.ProcessId), StringComparer.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(machine.Directory.Path)
                .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var again = await Should.ThrowAsync<HypervisorException>(
            () => lab.Hypervisor.StartAsync(QemuLab.Spec, StartMode.Boot, machine.Directory.Path, default));
        again.Fault.ShouldBe(HypervisorFault.DidNotStart);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Paused);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Machine_is_paused_and_continued_and_tells_each_state_once(string version)
    {
        await using var lab = new QemuLab(version);
        var machine = await lab.RestoreAsync(await saved.StreamAsync(version));
        await using var events = new EventLog(machine);
        await machine.PauseAsync(default);
        await events.UntilRunAsync(RunState.Paused);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Paused);
        events.Clear();
        await machine.ContinueAsync(default);
        await events.UntilRunAsync(RunState.Running);
        events.Seen.OfType<RunStateChanged>().Count().ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Refused_device_is_told_in_the_hypervisors_own_words(string version)
    {
        await using var lab = new QemuLab(version);
        var spec = QemuLab.Spec with { Devices = ["virtio-balloon-pci,nosuch=1"] };
        var refused = await Should.ThrowAsync<HypervisorException>(() => lab.StartAsync(StartMode.Boot, spec));
        refused.Fault.ShouldBe(HypervisorFault.DidNotStart);
        refused.Message.ShouldContain("nosuch");
        refused.Message.ShouldContain("not found");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Network_card_gets_its_user_mode_network(string version)
    {
        await using var lab = new QemuLab(version);
        var spec = QemuLab.Spec with { Devices = ["virtio-net-pci,netdev=n0,romfile=", "virtio-balloon-pci"] };
        var machine = await lab.StartAsync(StartMode.Boot, spec);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Paused);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Machine_runs_on_when_it_is_let_go_and_is_adopted_again(string version)
    {
        await using var lab = new QemuLab(version);
        var machine = await lab.RestoreAsync(await saved.StreamAsync(version));
        await machine.DisposeAsync();

        var adopted = lab.Track((await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldNotBeNull());
        adopted.ProcessId.ShouldBe(machine.ProcessId);
        (await adopted.ObserveAsync(default)).Run.ShouldBe(RunState.Running);
        await using var events = new EventLog(adopted);
        await events.UntilRunAsync(RunState.Running);
        using var serial = new SerialPort(adopted.Directory.Serial);
        (await serial.BadPagesAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("process.json")]
    [InlineData("process.json", "qemu.pid")]
    public async Task Machine_is_adopted_although_a_crash_left_no_note_of_it(params string[] missing)
    {
        await using var lab = new QemuLab(LabEnvironment.Installed);
        var machine = await lab.StartAsync(StartMode.Boot);
        await machine.DisposeAsync();
        foreach (var file in missing)
            File.Delete(Path.Combine(machine.Directory.Path, file));

        var adopted = lab.Track((await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldNotBeNull());
        adopted.ProcessId.ShouldBe(machine.ProcessId);
    }

    [Fact]
    public async Task Stranger_that_was_given_the_pid_is_not_adopted()
    {
        await using var lab = new QemuLab(LabEnvironment.Installed);
        var machine = await lab.StartAsync(StartMode.Boot);
        await machine.KillAsync(default);
        var stranger = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(machine.Directory.PidFile, stranger);
        (await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldBeNull();
        File.Delete(machine.Directory.ProcessFile);
        (await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldBeNull();
        (await lab.Hypervisor.KillAsync(machine.Directory.Path, default)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Killed_machine_says_so_and_is_not_adopted(string version)
    {
        await using var lab = new QemuLab(version);
        var machine = await lab.StartAsync(StartMode.Boot);
        await using var events = new EventLog(machine);
        await events.UntilRunAsync(RunState.Paused);
        await machine.KillAsync(default);
        await machine.KillAsync(default);
        machine.Exited.IsCompleted.ShouldBeTrue();
        await events.UntilAsync<MachineExited>();
        events.Seen[^1].ShouldBeOfType<MachineExited>();
        (await Should.ThrowAsync<HypervisorException>(() => machine.ContinueAsync(default)))
            .Fault.ShouldBe(HypervisorFault.Exited);
        (await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Hanging_process_does_not_answer_and_is_killed_all_the_same()
    {
        await using var lab = new QemuLab(LabEnvironment.Installed, commandTimeout: TimeSpan.FromSeconds(3));
        var machine = await lab.StartAsync(StartMode.Boot);
        using (var stop =
            Process.Start("/bin/kill", ["-STOP", machine.ProcessId.ToString(CultureInfo.InvariantCulture)]))
            await stop.WaitForExitAsync();
        (await Should.ThrowAsync<HypervisorException>(() => machine.ObserveAsync(default)))
            .Fault.ShouldBe(HypervisorFault.NoAnswer);
        await machine.KillAsync(default);
        machine.Exited.IsCompleted.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Guest_that_turns_itself_off_is_no_crash(string version)
    {
        await using var lab = new QemuLab(version);
        var machine = await lab.RestoreAsync(await saved.StreamAsync(version));
        await using var events = new EventLog(machine);
        using var serial = new SerialPort(machine.Directory.Serial);
        await serial.SendAsync("quit");
        await events.UntilRunAsync(RunState.Shutdown);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Shutdown);
        machine.Exited.IsCompleted.ShouldBeFalse();
    }

    private static string SessionOf(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
        return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
    }
}
