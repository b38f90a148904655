using System.Threading.Channels;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// Hands over a real hypervisor and a real data link: effects in the order given, one at a time, each by the hands that
/// it belongs to.
/// <code>
/// MachineHands   the process: started, found again, ended
/// SourceHands    its guest goes away: disks, memory, the pause
/// TargetHands    its guest comes in: offered, filled, filled again
/// DiskHands, NetworkHands   what goes with the guest, on either side
/// </code>
/// </summary>
public sealed class CopyHands : ICopyHands
{
    private readonly CopyParts _parts;
    private readonly Channel<(CopyEffect Effect, TimeSpan Noted)> _work =
        Channel.CreateBounded<(CopyEffect, TimeSpan)>(
            new BoundedChannelOptions(Limits.Agent.EffectsWaitingMax) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _working;
    private readonly MachineHands _machine;
    private readonly SourceHands _source;
    private readonly TargetHands _target;

    // The process was found running: what it shows of a migration is of the one that the ledger speaks of.
    private volatile bool _adopted;

    // As last seen: an attempt that is closed while the guest runs is over here.
    private volatile bool _guestRuns;

    /// <summary>Makes them; nothing is touched before the first effect.</summary>
    public CopyHands(AgentTools tools, VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report)
    {
        _parts = new CopyParts(
            tools, vm, tell, report, new DiskHands(tools, vm, report), new NetworkHands(tools, vm), _stop.Token);
        _machine = new MachineHands(
            _parts, HearAsync, progress => _source!.Hear(progress), IsMigrationOurs, () => _source!.WireBytes);
        _source = new SourceHands(_parts, _machine);
        _target = new TargetHands(_parts, _machine);
        _working = Task.Run(WorkAsync);
    }

    /// <inheritdoc/>
    public async Task<MachineLook?> RecoverAsync(HeldCopy copy)
    {
        var machine = await _parts.Tools.Hypervisor.AdoptAsync(_parts.PathOf(copy.Directory), _stop.Token);
        if (machine is null)
        {
            await _parts.Network.RecoverAsync(copy, null);
            return null;
        }

        _adopted = true;
        var look = await _machine.AdoptAsync(copy, machine);
        _guestRuns = look.Run == RunState.Running;
        await _parts.Network.RecoverAsync(copy, look);
        return look;
    }

    /// <inheritdoc/>
    public void Run(CopyEffect effect, TimeSpan noted)
    {
        // What waits for a peer must not keep the order to give up waiting.
        if (effect is CancelSending or CloseTransfer or KillMachine)
            _source.Interrupt();
        if (effect is CloseTransfer or KillMachine)
            _target.Interrupt();
        if (!_work.Writer.TryWrite((effect, noted)))
            AgentLog.EffectDropped(_parts.Tools.Log, _parts.Vm.Value, effect.GetType().Name);
    }

    /// <summary>Lets go of the process, which runs on; a transfer dies with its agent.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _stop.CancelAsync();
        await _working;
        await _parts.Disks.CloseAsync();
        await CloseMemoryAsync();
        await _machine.DisposeAsync();
        await _parts.Network.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var (effect, noted) in _work.Reader.ReadAllAsync(_stop.Token))
                await RunSafelyAsync(effect, noted);
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    /// <summary>
    /// An effect that fails changes nothing by itself. After a failed cancel the machine is looked at, for it may have
    /// ended meanwhile; all else is repeated by the coordinator's next order, not at once and for ever.
    /// </summary>
    private async Task RunSafelyAsync(CopyEffect effect, TimeSpan noted)
    {
        try
        {
            await RunAsync(effect, noted);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            AgentLog.EffectFailed(_parts.Tools.Log, _parts.Vm.Value, effect.GetType().Name, e);
        }
    }

    private Task RunAsync(CopyEffect effect, TimeSpan noted) => effect switch
    {
        RunPrecheck e => _parts.PrecheckAsync(e),
        StartMachine e => _machine.StartAsync(e),
        StartIncoming e => _target.StartAsync(e),
        RefillIncoming e => _target.RefillAsync(e),
        StartSyncing e => SyncAsync(e),
        RemoveDisks => _parts.Disks.RemoveNotedAsync(_stop.Token),
        StartSending e => StartSendingAsync(e),
        AdjustSending e => _source.AdjustAsync(e),
        WatchDirtying e => _source.WatchDirtyingAsync(e),
        ContinueSwitchover e => _source.ContinueAsync(e),
        TurnNetwork => TurnAsync(),
        CancelSending => _source.CancelAsync(),
        CloseTransfer => CloseTransferAsync(),
        RunMachine => RunMachineAsync(noted),
        PowerDownMachine => _machine.Machine().PowerDownAsync(_stop.Token),
        KillMachine e => KillAsync(e),
        SendReport => throw new InvalidOperationException("reports are the actor's"),
        _ => throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of a copy"),
    };

    private async Task SyncAsync(StartSyncing e)
    {
        await CloseTransferAsync();
        await _source.SyncAsync(e);
    }

    private async Task StartSendingAsync(StartSending e)
    {
        await CloseMemoryAsync();
        await _source.StartAsync(e);
    }

    private Task TurnAsync()
    {
        _parts.Network.Turn(Side.Target);
        return Task.CompletedTask;
    }

    private async Task RunMachineAsync(TimeSpan noted)
    {
        var owns = _machine.Spec is { } spec && _parts.Disks.Own(spec);
        var network = await _parts.Network.BeforeRunAsync();
        await _machine.Kept().RunAsync(noted, network);
        _parts.Network.Ran();
        if (owns)
            _parts.Tools.Leftovers.Changed();
        _target.Granted();
    }

    private async Task CloseTransferAsync()
    {
        await _parts.Disks.CloseAsync(_machine.Spec, _machine.Keeper?.Machine, _stop.Token);
        await CloseMemoryAsync();
    }

    private async Task CloseMemoryAsync()
    {
        _adopted = false;
        _parts.Tools.Capacity.NoteMigrating(_parts.Vm, migrating: false);
        var (outgoing, incoming) = (_source.Take(), _target.Take());
        if (outgoing is not null)
            await outgoing.DisposeAsync();
        if (incoming is not null)
            await incoming.DisposeAsync();
        if (_guestRuns)
            await _parts.Network.BackAsync();
    }

    private async Task KillAsync(KillMachine e)
    {
        _guestRuns = false;
        await CloseTransferAsync();
        // Before it ends, for its keeper may say first that it has.
        if (e.RemoveDisksOf is not null)
            _parts.Network.RunsElsewhere();
        await _machine.EndProcessAsync(e.Directory);
        if (e.RemoveDisksOf is { } released)
            await _parts.Disks.RemoveAsync(released, _stop.Token);
        await _parts.Network.EndedAsync(forGood: true);
        await _parts.Tell(e.Directory, new MachineVanished("ended by order"));
    }

    private bool IsMigrationOurs() => _source.HasBegun || _target.IsThere || (!_source.IsThere && _adopted);

    private async ValueTask HearAsync(string directory, CopyInput input)
    {
        input = await _source.HearAsync(input);
        switch (input)
        {
            case MachineSeen { Look: var look }:
                _guestRuns = look.Run == RunState.Running;
                // Beside it: what is paused must not wait for the network.
                if (look.Phase == MigrationPhase.PreSwitchover)
                    _parts.Network.Turn(Side.Source);
                if (look.Phase == MigrationPhase.Completed && _target.IsThere)
                    input = new MachineSeen(await _parts.Disks.LoadedAsync(look, _stop.Token));
                break;
            case MachineVanished vanished:
                _parts.Tools.Capacity.Forget(_parts.Vm);
                _guestRuns = false;
                var canRefill = _target.CanRefill();
                if (!canRefill)
                    await _parts.Network.EndedAsync(forGood: false);
                input = vanished with { CanRefill = canRefill };
                break;
        }

        await _parts.Tell(directory, input);
    }
}
