using System.Text.Json;
using Fabric.Drivers.Qmp;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// Turns QEMU's events into machine events, one after the other. STOP does not say which state was entered, so the
/// state is asked for; a migration's numbers are asked for at each round and on a timer.
/// <para>
/// In the device phase nothing is asked: QEMU may hold its main lock until the last byte is taken, and this loop would
/// hang with it and not pass on the event that ends the phase.
/// </para>
/// </summary>
internal sealed class QemuEventPump(
    QemuMonitors monitors, MachineEventQueue queue, QemuExportWatch exports, TimeProvider time, Action<string>? note)
{
    private readonly QemuRounds _rounds = new();
    private RunState? _run;
    private MigrationPhase _phase = MigrationPhase.None;
    private TransferProgress? _progress;
    private long _lostSeen;

    // The run state is owed: it could not be asked for, or it will still change without an event.
    private bool _runIsOwed;

    /// <summary>
    /// Runs until the monitor is closed or the token is cancelled. Begins with the state that it
    /// finds.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Qemu.ProgressIntervalMs), time);
        var events = monitors.Main.Events;
        Task<bool>? arrived = null;
        Task<bool>? tick = null;
        await LookAtAllAsync(cancellation);
        while (true)
        {
            arrived ??= events.WaitToReadAsync(cancellation).AsTask();
            tick ??= timer.WaitForNextTickAsync(cancellation).AsTask();
            await Task.WhenAny(arrived, tick);
            if (arrived.IsCompleted)
            {
                if (!await arrived)
                    return;
                arrived = null;
                for (var taken = 0; taken < Limits.Qemu.EventsMax && events.TryRead(out var happened); taken++)
                    await TakeAsync(happened, cancellation);
                await MakeUpForLostAsync(cancellation);
            }

            if (tick.IsCompleted)
            {
                await tick;
                tick = null;
                await OnTickAsync(cancellation);
            }
        }
    }

    private async Task TakeAsync(QmpEvent happened, CancellationToken cancellation)
    {
        exports.Take(happened);
        switch (happened.Name)
        {
            case "MIGRATION":
                await EnterAsync(QemuNames.PhaseOf(StatusIn(happened.Data)), cancellation);
                break;
            case "MIGRATION_PASS" when _phase != MigrationPhase.Device:
                await LookAtMigrationAsync(cancellation);
                break;
            case "RESUME":
                // This one says it all. Asking could find it stopped again, and that it ran would go unseen.
                Enter(RunState.Running);
                break;
            case "STOP" or "SUSPEND" or "WAKEUP" or "SHUTDOWN" or "GUEST_PANICKED" or "BLOCK_IO_ERROR" or "WATCHDOG":
                await LookAtRunStateAsync(cancellation);
                break;
        }
    }

    private async Task EnterAsync(MigrationPhase phase, CancellationToken cancellation)
    {
        if (phase == _phase)
            return;
        _phase = phase;
        string? error = null;
        if (IsEnd(phase))
        {
            // The numbers and the reason first: a reader that stops at the end of the migration has seen them.
            error = await LookAtMigrationAsync(cancellation) is { } seen && seen.Phase == phase ? seen.Error : null;
        }

        queue.Add(new MigrationPhaseChanged(phase, error));
        if (IsEnd(phase))
            await LookAtRunStateAsync(cancellation);
    }

    private async Task OnTickAsync(CancellationToken cancellation)
    {
        if (_runIsOwed && _phase != MigrationPhase.Device)
            await LookAtRunStateAsync(cancellation);
        if (_phase is MigrationPhase.Setup or MigrationPhase.Active or MigrationPhase.PreSwitchover
            or MigrationPhase.PostcopyActive or MigrationPhase.PostcopyRecover)
            await LookAtMigrationAsync(cancellation);
    }

    private async Task MakeUpForLostAsync(CancellationToken cancellation)
    {
        var lost = monitors.Main.EventsLost;
        if (lost == _lostSeen)
            return;
        note?.Invoke($"{lost - _lostSeen} events were lost; looking at the state instead");
        _lostSeen = lost;
        await LookAtAllAsync(cancellation);
    }

    private async Task LookAtAllAsync(CancellationToken cancellation)
    {
        await LookAtRunStateAsync(cancellation);
        if (await LookAtMigrationAsync(cancellation) is { } seen && seen.Phase != _phase)
        {
            _phase = seen.Phase;
            queue.Add(new MigrationPhaseChanged(seen.Phase, seen.Error));
        }
    }

    private async Task LookAtRunStateAsync(CancellationToken cancellation)
    {
        var run = await TryAsync(async () => (RunState?)await QemuLook.RunStateAsync(monitors, cancellation));

        // 'completed' is said before the state becomes 'postmigrate', and that change has no event.
        _runIsOwed = run is null || (run == RunState.FinishMigrate && IsEnd(_phase));
        if (run is { } known)
            Enter(known);
    }

    private void Enter(RunState run)
    {
        if (run == _run)
            return;
        _run = run;
        queue.Add(new RunStateChanged(run));
    }

    private async Task<QemuMigration?> LookAtMigrationAsync(CancellationToken cancellation)
    {
        var seen = await TryAsync<QemuMigration?>(async () => await QemuLook.MigrationAsync(monitors, cancellation));
        if (seen?.Ram is not { } ram)
            return seen;
        if (_rounds.Next(ram) is { } round)
            queue.Add(new RoundEnded(round));
        var progress = ram.Progress();
        if (progress != _progress)
        {
            _progress = progress;
            queue.Add(new ProgressMade(progress));
        }

        return seen;
    }

    // A look that fails is made up for at the next event or tick; a monitor that is closed ends the loop by itself.
    private async Task<T?> TryAsync<T>(Func<Task<T?>> look)
    {
        try
        {
            return await look();
        }
        catch (HypervisorException e)
        {
            note?.Invoke($"a look at the machine failed: {e.Message}");
            return default;
        }
    }

    private static bool IsEnd(MigrationPhase phase) =>
        phase is MigrationPhase.Completed or MigrationPhase.Failed or MigrationPhase.Cancelled;

    private static string? StatusIn(JsonElement data) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty("status", out var status)
            && status.ValueKind == JsonValueKind.String
            ? status.GetString()
            : "(none given)";
}
