using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>A copy's hands while its guest goes away: what is sent, how, and until when.</summary>
internal sealed class SourceHands(CopyParts parts, MachineHands machine)
{
    private OutgoingTransfer? _outgoing;
    private volatile SwitchoverClock? _switchover;

    /// <summary>An attempt is under way, whether or not the hypervisor was told.</summary>
    public bool IsThere => _outgoing is not null;

    /// <summary>The hypervisor was told to migrate, so what it says of a migration is of this attempt.</summary>
    public bool HasBegun => _outgoing is { HasBegun: true };

    /// <summary>Bytes on the data links, those of the disks too.</summary>
    public long WireBytes => (_outgoing?.WireBytes ?? 0) + (parts.Disks.Outgoing?.WireBytes ?? 0);

    /// <summary>Copies local disks; memory is not sent yet.</summary>
    public async Task SyncAsync(StartSyncing e)
    {
        parts.Tools.Capacity.NoteMigrating(parts.Vm, migrating: true);
        await parts.Disks.SyncAsync(
            e, machine.Machine(), machine.Spec!, parts.PathOf(e.Directory), input => parts.Tell(e.Directory, input));
    }

    /// <summary>Begins to send memory.</summary>
    public async Task StartAsync(StartSending e)
    {
        _switchover = new SwitchoverClock(parts.Tools.Time);
        // What was asked for while only disks were copied may have been said to nobody.
        parts.Disks.Outgoing?.Adjust(e.Order.Policy, e.Order.LineShare);
        parts.Disks.Outgoing?.HandOver();
        var transfer = new OutgoingTransfer(
            parts.Tools, e.Order, parts.PathOf(e.Directory), parts.Report,
            machine.Spec is null ? null : CopyParts.BootFilesOf(machine.Spec), parts.Disks.Outgoing?.Pace);
        Volatile.Write(ref _outgoing, transfer);
        parts.Tools.Capacity.NoteMigrating(parts.Vm, migrating: true);
        try
        {
            await parts.Network.PrepareSourceAsync(e.Order);
        }
        catch (NetworkException failed)
        {
            await parts.Tell(e.Directory, new TransferBroke(FailureReason.NetworkFailed, failed.Message));
            return;
        }

        await transfer.BeginAsync(machine.Machine(), broke => parts.Tell(e.Directory, broke));
    }

    /// <summary>The rest is sent in another way.</summary>
    public Task AdjustAsync(AdjustSending e)
    {
        _outgoing?.Governor.Adjust(e.Policy, e.LineShare);
        parts.Disks.Outgoing?.Adjust(e.Policy, e.LineShare);
        return Task.CompletedTask;
    }

    /// <summary>Measures what the guest writes. Not waited for: it takes seconds, and orders to this copy must not.</summary>
    public Task WatchDirtyingAsync(WatchDirtying e)
    {
        var watched = machine.Machine();
        _ = Task.Run(async () =>
        {
            try
            {
                var seen = await watched.WatchDirtyingAsync(
                    TimeSpan.FromMilliseconds(e.Order.IntervalMs), parts.Stop);
                parts.Report(new DirtyingReport(
                    e.Order.Stamp, (int)seen.Interval.TotalMilliseconds, seen.Pages, null));
            }
            catch (Exception failed) when (failed is HypervisorException or OperationCanceledException)
            {
                parts.Report(new DirtyingReport(e.Order.Stamp, e.Order.IntervalMs, null, failed.Message));
            }
        });
        return Task.CompletedTask;
    }

    /// <summary>The disks first: what is left of them must be at the target before its guest may run.</summary>
    public async Task ContinueAsync(ContinueSwitchover e)
    {
        try
        {
            await parts.Disks.FinishAsync();
        }
        catch (Exception failed) when (failed is DiskCopyException or OperationCanceledException)
        {
            await parts.Tell(e.Directory, OutgoingDiskFaults.Of(failed));
            return;
        }

        _switchover?.DisksDone(parts.Disks.Outgoing is not null);
        await machine.Machine().ContinueSwitchoverAsync(parts.Stop);
    }

    /// <summary>Gives up sending; a hypervisor that does not is cut off.</summary>
    public async Task CancelAsync()
    {
        try
        {
            await machine.Machine().CancelOutgoingAsync(parts.Stop);
        }
        catch (HypervisorException e) when (_outgoing is { } transfer)
        {
            AgentLog.CancelForced(parts.Tools.Log, parts.Vm.Value, e);
            await transfer.AbortAsync();
        }

        await machine.Kept().TellLookAsync();
    }

    /// <summary>
    /// What the process tells goes to the pilot too. Why a migration failed is what the relay says, so that is told first.
    /// </summary>
    /// <returns>The same, with what only this host knows of it.</returns>
    public async Task<CopyInput> HearAsync(CopyInput input)
    {
        if (input is MachineSeen { Look.Phase: MigrationPhase.Failed } && _outgoing is { } failed)
            await failed.ToldAsync();
        if (_outgoing is not { HasBegun: true } sending)
            return input;
        if (input is RoundSeen { Round: var round })
            sending.Governor.Hear(new PilotRound(round));
        if (input is not MachineSeen { Look: var look })
            return input;
        sending.Governor.Hear(look);
        if (look.Phase == MigrationPhase.PreSwitchover)
            _switchover?.Paused();
        return look.Phase == MigrationPhase.Completed
            ? new MachineSeen(look with { HandOff = _switchover?.HandedOff() })
            : input;
    }

    /// <summary>The hypervisor's numbers, with those of the links, for the pilot and for operators.</summary>
    public void Hear(TransferProgress progress)
    {
        if (_outgoing is not { HasBegun: true } sending)
            return;
        progress = progress with
        {
            WireBytes = WireBytes,
            LinkDownSince = sending.LinkDownSince,
            PageWork = sending.PageWork,
            Link = sending.Link,
            Disks = parts.Disks.Outgoing?.Progress,
        };
        sending.Governor.Hear(new PilotProgress(progress));
        parts.Report(new ProgressReport(sending.Stamp, progress));
    }

    /// <summary>From any thread: nothing that waits for a peer waits on.</summary>
    public void Interrupt()
    {
        Volatile.Read(ref _outgoing)?.Interrupt();
        parts.Disks.Outgoing?.Interrupt();
    }

    /// <summary>Takes the transfer away from whatever comes next; the caller disposes of it.</summary>
    public IAsyncDisposable? Take() => Interlocked.Exchange(ref _outgoing, null);
}
