using System.Diagnostics;
using System.Globalization;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>The process of a machine, whatever hypervisor it is on.</summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class ProcessContractTests(SavedGuest saved)
{
    /// <summary>All of them.</summary>
    public static TheoryData<string> Hypervisors => AllHypervisors.Data;

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Machine_starts_stopped_in_a_session_of_its_own_and_in_private_files(string kind)
    {
        await using var lab = new MachineLab(kind);
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
            () => lab.Hypervisor.StartAsync(lab.Spec, StartMode.Boot, machine.Directory.Path, default));
        again.Fault.ShouldBe(HypervisorFault.DidNotStart);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Paused);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Machine_is_paused_and_continued_and_tells_each_state_once(string kind)
    {
        await using var lab = new MachineLab(kind);
        var machine = await lab.RestoreAsync(await saved.StreamAsync(kind));
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
    [MemberData(nameof(Hypervisors))]
    public async Task Machine_runs_on_when_it_is_let_go_and_is_adopted_again(string kind)
    {
        await using var lab = new MachineLab(kind);
        var machine = await lab.RestoreAsync(await saved.StreamAsync(kind));
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
    [InlineData(LabEnvironment.Embedded, "process.json")]
    [InlineData(LabEnvironment.Embedded, "process.json", "qemu.pid")]
    [InlineData(LabEnvironment.Installed, "process.json")]
    [InlineData(LabEnvironment.Installed, "process.json", "qemu.pid")]
    public async Task Machine_is_adopted_although_a_crash_left_no_note_of_it(string kind, params string[] missing)
    {
        await using var lab = new MachineLab(kind);
        var machine = await lab.StartAsync(StartMode.Boot);
        await machine.DisposeAsync();
        foreach (var file in missing)
            File.Delete(Path.Combine(machine.Directory.Path, file));

        var adopted = lab.Track((await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldNotBeNull());
        adopted.ProcessId.ShouldBe(machine.ProcessId);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Killed_machine_says_so_and_is_not_adopted(string kind)
    {
        await using var lab = new MachineLab(kind);
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

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Hanging_process_does_not_answer_and_is_killed_all_the_same(string kind)
    {
        await using var lab = new MachineLab(kind, commandTimeout: TimeSpan.FromSeconds(3));
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
    [MemberData(nameof(Hypervisors))]
    public async Task Guest_that_turns_itself_off_is_no_crash(string kind)
    {
        await using var lab = new MachineLab(kind);
        var machine = await lab.RestoreAsync(await saved.StreamAsync(kind));
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
