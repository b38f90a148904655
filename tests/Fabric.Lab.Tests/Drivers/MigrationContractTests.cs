using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>
/// How a machine migrates, whatever hypervisor it is on. QEMU is right by definition: where the embedded one differs, it
/// is wrong.
/// </summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class MigrationContractTests(SavedGuest saved)
{
    /// <summary>All of them.</summary>
    public static TheoryData<string> Hypervisors => AllHypervisors.Data;

    // Slow enough to stay in pre-copy, and a downtime limit that is never met.
    private static readonly TransferPolicy Endless = new(1_000_000, 1);

    // The whole memory is taken to fit the blackout, so the switchover begins with nearly all of it unsent.
    private static readonly TransferPolicy AlmostAllInBlackout = new(20_000_000, 100_000);

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Guest_moves_after_a_pause_and_runs_only_where_it_is_continued(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync();
        await using var targetEvents = new EventLog(target);

        await source.BeginOutgoingAsync(socket, MachineLab.Fast, default);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await events.UntilRunAsync(RunState.FinishMigrate);
        (await target.ObserveAsync(default)).Run.ShouldBe(RunState.Inmigrate);
        (await source.ObserveAsync(default)).Progress.ShouldNotBeNull().TotalBytes
            .ShouldBeGreaterThanOrEqualTo(lab.Spec.MemoryBytes());

        await source.ContinueSwitchoverAsync(default);
        await events.UntilPhaseAsync(MigrationPhase.Completed);
        await events.UntilRunAsync(RunState.Postmigrate);
        await targetEvents.UntilRunAsync(RunState.Paused);
        (await source.ObserveAsync(default)).ShouldSatisfyAllConditions(
            s => s.Run.ShouldBe(RunState.Postmigrate), s => s.Phase.ShouldBe(MigrationPhase.Completed));
        (await target.ObserveAsync(default)).ShouldSatisfyAllConditions(
            s => s.Run.ShouldBe(RunState.Paused), s => s.Phase.ShouldBe(MigrationPhase.Completed));

        using var serial = new SerialPort(target.Directory.Serial);
        await target.ContinueAsync(default);
        (await serial.BadPagesAsync()).ShouldBe(0);
        (await target.ObserveAsync(default)).Run.ShouldBe(RunState.Running);

        var rounds = events.Seen.OfType<RoundEnded>().Select(e => e.Round).ToList();
        rounds.ShouldNotBeEmpty();
        rounds.Select(r => r.Number).ShouldBeInOrder();
        var last = events.Seen.OfType<ProgressMade>().Last().Progress;
        last.TransferredBytes.ShouldBeGreaterThan(lab.Spec.MemoryBytes() / 4);
        last.HypervisorDowntimeMs.ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Source_runs_again_when_it_is_continued_from_postmigrate_and_moves_a_second_time(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        var (target, socket) = await lab.ListenAsync();
        await HandOffAsync(source, socket);
        await target.KillAsync(default);
        (await source.ObserveAsync(default)).Run.ShouldBe(RunState.Postmigrate);

        await source.ContinueAsync(default);
        using (var serial = new SerialPort(source.Directory.Serial))
            (await serial.BadPagesAsync()).ShouldBe(0);

        var (second, secondSocket) = await lab.ListenAsync();
        await HandOffAsync(source, secondSocket);
        await second.ContinueAsync(default);
        using var moved = new SerialPort(second.Directory.Serial);
        (await moved.BadPagesAsync()).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Cancel_in_precopy_leaves_the_source_running_and_ends_the_target(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync();
        await source.BeginOutgoingAsync(socket, Endless, default);
        await events.UntilAsync<ProgressMade>(e => e.Progress.TransferredBytes > 0);

        await source.CancelOutgoingAsync(default);
        await events.UntilCancelledAsync();
        await target.Exited.WaitAsync(TimeSpan.FromSeconds(60));
        (await source.ObserveAsync(default)).Run.ShouldBe(RunState.Running);
        await source.CancelOutgoingAsync(default);
        (await Should.ThrowAsync<HypervisorException>(() => target.ObserveAsync(default)))
            .Fault.ShouldBe(HypervisorFault.Exited);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Cancel_in_pre_switchover_resumes_the_source(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (_, socket) = await lab.ListenAsync();
        await source.BeginOutgoingAsync(socket, MachineLab.Fast, default);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await events.UntilRunAsync(RunState.FinishMigrate);
        events.Clear();

        await source.CancelOutgoingAsync(default);
        await events.UntilCancelledAsync();
        await events.UntilRunAsync(RunState.Running);
        using var serial = new SerialPort(source.Directory.Serial);
        (await serial.BadPagesAsync()).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Target_killed_in_precopy_is_told_by_the_source_which_runs_on(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync();
        await source.BeginOutgoingAsync(socket, Endless, default);
        await events.UntilAsync<ProgressMade>(e => e.Progress.TransferredBytes > 0);

        await target.KillAsync(default);
        (await events.UntilPhaseAsync(MigrationPhase.Failed)).Detail.ShouldNotBeNullOrEmpty();
        (await source.ObserveAsync(default)).Run.ShouldBe(RunState.Running);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Monitor_hangs_while_the_last_bytes_are_stuck_and_cancel_frees_it(string kind)
    {
        // The hang lasts until it is ended, so a short timeout only shortens the test.
        await using var lab = new MachineLab(kind, commandTimeout: TimeSpan.FromSeconds(3));
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using var events = new EventLog(source);
        using var listener = new StreamSocket(lab.NewPath("out"));
        using var reader = new CancellationTokenSource();
        await source.BeginOutgoingAsync(listener.Path, AlmostAllInBlackout, default);
        using var near = await listener.AcceptAsync();
        var reading = StreamSocket.CopyAsync(near, null, null, reader.Token);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await events.UntilRunAsync(RunState.FinishMigrate);
        (await source.ObserveAsync(default)).Progress.ShouldNotBeNull().RemainingBytes.ShouldBeGreaterThan(10_000_000);

        // From here nobody reads, but the socket stays open.
        await reader.CancelAsync();
        await reading;
        events.Clear();
        await source.ContinueSwitchoverAsync(default);
        await events.UntilPhaseAsync(MigrationPhase.Device);
        (await Should.ThrowAsync<HypervisorException>(() => ObserveForeverAsync(source)))
            .Fault.ShouldBe(HypervisorFault.NoAnswer);

        await source.CancelOutgoingAsync(default);
        await events.UntilCancelledAsync();
        await events.UntilRunAsync(RunState.Running);
        using var serial = new SerialPort(source.Directory.Serial);
        (await serial.BadPagesAsync()).ShouldBe(0);
    }

    // The phase is told a moment before the main lock is taken: looks that are answered until then prove nothing.
    private static async Task ObserveForeverAsync(QemuMachine machine)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
            await machine.ObserveAsync(guard.Token);
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
