using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>
/// What breaks in which phase, and who has the guest then, whatever hypervisor it is on. The way between the two is this
/// test's, so that it can be stalled and cut, and the target's last word held back.
/// </summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class FailureContractTests(SavedGuest saved)
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    // Slow enough to stay in pre-copy, and a downtime limit that is never met.
    private static readonly TransferPolicy Endless = new(1_000_000, 1);

    /// <summary>All of them.</summary>
    public static TheoryData<string> Hypervisors => AllHypervisors.Data;

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Both_sides_tell_their_states_in_order(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync();
        await using var targetEvents = new EventLog(target);
        await source.BeginOutgoingAsync(socket, MachineLab.Fast, default);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await source.ContinueSwitchoverAsync(default);
        await events.UntilRunAsync(RunState.Postmigrate);
        await targetEvents.UntilRunAsync(RunState.Paused);

        // It was restored from a stream, so the first that is told may be the end of that.
        Phases(events).SkipWhile(p => p is MigrationPhase.None or MigrationPhase.Completed)
            .ShouldBe(
            [
                MigrationPhase.Setup, MigrationPhase.Active, MigrationPhase.PreSwitchover, MigrationPhase.Device,
                MigrationPhase.Completed,
            ]);
        events.Seen.OfType<RunStateChanged>().Select(e => e.Run).SkipWhile(r => r is RunState.Paused or RunState.Running)
            .ShouldBe([RunState.FinishMigrate, RunState.Postmigrate]);
        Phases(targetEvents).Where(p => p is MigrationPhase.Active or MigrationPhase.Completed)
            .ShouldBe([MigrationPhase.Active, MigrationPhase.Completed]);
        targetEvents.Seen.OfType<RunStateChanged>().Select(e => e.Run).ShouldBe([RunState.Inmigrate, RunState.Paused]);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Target_killed_in_pre_switchover_goes_unnoticed_until_the_source_goes_on(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync();
        await source.BeginOutgoingAsync(socket, MachineLab.Fast, default);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await events.UntilRunAsync(RunState.FinishMigrate);
        await target.KillAsync(default);
        var paused = await source.ObserveAsync(default);
        (paused.Run, paused.Phase).ShouldBe((RunState.FinishMigrate, MigrationPhase.PreSwitchover));
        events.Clear();

        await source.ContinueSwitchoverAsync(default);
        await events.UntilPhaseAsync(MigrationPhase.Failed);
        await events.UntilRunAsync(RunState.Running);
        Phases(events).ShouldBe([MigrationPhase.Device, MigrationPhase.Failed]);
        await IsCleanAsync(source);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Source_waits_in_the_device_phase_for_the_targets_word_and_completes_with_it(string kind)
    {
        await using var rig = await DeviceRig.StartAsync(kind, saved);
        var waiting = await rig.Source.ObserveAsync(default);
        (waiting.Run, waiting.Phase).ShouldBe((RunState.FinishMigrate, MigrationPhase.Device));
        await rig.Way.LetAnswersPassAsync();
        await rig.Events.UntilPhaseAsync(MigrationPhase.Completed);
        await rig.Events.UntilRunAsync(RunState.Postmigrate);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Cancel_while_the_targets_word_is_out_gives_the_guest_back(string kind)
    {
        await using var rig = await DeviceRig.StartAsync(kind, saved);
        await rig.Source.CancelOutgoingAsync(default);
        await rig.Events.UntilCancelledAsync();
        await rig.Events.UntilRunAsync(RunState.Running);
        (await rig.Target.ObserveAsync(default)).Run.ShouldBe(RunState.Paused);
        await IsCleanAsync(rig.Source);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Source_whose_connection_ends_in_the_device_phase_runs_again_by_itself(string kind)
    {
        await using var rig = await DeviceRig.StartAsync(kind, saved);
        rig.Way.Cut();
        await rig.Events.UntilPhaseAsync(MigrationPhase.Failed);
        await rig.Events.UntilRunAsync(RunState.Running);
        await IsCleanAsync(rig.Source);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Cancel_after_completion_changes_nothing(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        var (target, socket) = await lab.ListenAsync();
        await HandOffAsync(source, socket);
        await source.CancelOutgoingAsync(default);
        var status = await source.ObserveAsync(default);
        (status.Run, status.Phase).ShouldBe((RunState.Postmigrate, MigrationPhase.Completed));
        await target.ContinueAsync(default);
        await IsCleanAsync(target);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Target_outlives_its_source_only_when_the_guest_is_whole(string kind)
    {
        await using var lab = new MachineLab(kind);
        var stream = await saved.StreamAsync(kind);
        var source = await lab.RestoreAsync(stream);
        var (target, socket) = await lab.ListenAsync();
        await HandOffAsync(source, socket);
        await source.KillAsync(default);
        await target.ContinueAsync(default);
        await IsCleanAsync(target);

        await using var events = new EventLog(target);
        var (second, secondSocket) = await lab.ListenAsync();
        await target.BeginOutgoingAsync(secondSocket, MachineLab.Fast, default);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await target.KillAsync(default);
        await second.Exited.WaitAsync(HangGuard);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Connection_without_bytes_ends_the_target(string kind)
    {
        await using var lab = new MachineLab(kind);
        var (target, socket) = await lab.ListenAsync();
        (await StreamSocket.ConnectAsync(socket)).Close();
        await target.Exited.WaitAsync(HangGuard);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Target_with_other_memory_refuses_and_the_source_runs_on(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync(lab.Spec with { MemoryKiB = lab.Spec.MemoryKiB + (16 * 1024) });
        await source.BeginOutgoingAsync(socket, Endless, default);
        await target.Exited.WaitAsync(HangGuard);
        await events.UntilPhaseAsync(MigrationPhase.Failed);
        (await source.ObserveAsync(default)).Run.ShouldBe(RunState.Running);
        target.Directory.LogTail().ShouldContain("mismatch", Case.Insensitive);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Stalled_way_in_pre_copy_holds_up_neither_guest_nor_monitor(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        using var listener = new StreamSocket(lab.NewPath("out"));
        await source.BeginOutgoingAsync(listener.Path, Endless with { BandwidthMax = 0 }, default);
        using var near = await listener.AcceptAsync();
        await events.UntilPhaseAsync(MigrationPhase.Active);

        // Nobody reads: the socket fills and the sender stands.
        await IsCleanAsync(source);
        var status = await source.ObserveAsync(default);
        (status.Run, status.Phase).ShouldBe((RunState.Running, MigrationPhase.Active));
        await source.CancelOutgoingAsync(default);
        await events.UntilCancelledAsync();
        (await source.ObserveAsync(default)).Run.ShouldBe(RunState.Running);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Orders_that_do_not_fit_the_phase_are_refused(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (_, socket) = await lab.ListenAsync();
        await RefusedAsync(() => source.ContinueSwitchoverAsync(default));
        await source.BeginOutgoingAsync(socket, MachineLab.Fast, default);
        await RefusedAsync(() => source.BeginOutgoingAsync(socket, MachineLab.Fast, default));
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await events.UntilRunAsync(RunState.FinishMigrate);
        await RefusedAsync(() => source.ContinueAsync(default));
        await source.CancelOutgoingAsync(default);
        await events.UntilRunAsync(RunState.Running);

        await RefusedAsync(() => source.BeginIncomingAsync(lab.NewPath("in"), default));
    }

    private static async Task RefusedAsync(Func<Task> order) =>
        (await Should.ThrowAsync<HypervisorException>(order)).Fault.ShouldBe(HypervisorFault.Refused);

    private static IEnumerable<MigrationPhase> Phases(EventLog log) =>
        log.Seen.OfType<MigrationPhaseChanged>().Select(e => e.Phase);

    private static async Task IsCleanAsync(QemuMachine machine)
    {
        using var serial = new SerialPort(machine.Directory.Serial);
        (await serial.BadPagesAsync()).ShouldBe(0);
    }

    private static async Task HandOffAsync(QemuMachine source, string socket)
    {
        await using var events = new EventLog(source);
        await source.BeginOutgoingAsync(socket, MachineLab.Fast, default);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await source.ContinueSwitchoverAsync(default);
        await events.UntilRunAsync(RunState.Postmigrate);
    }
}
