using System.Threading.Channels;
using Fabric.Drivers;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Fabric.Transport.Relay;

namespace Fabric.Actors.Agent;

/// <summary>Hands over a real hypervisor and a real data link.</summary>
public sealed class CopyHands : ICopyHands
{
    private readonly AgentTools _tools;
    private readonly VmId _vm;
    private readonly Func<string, CopyInput, ValueTask> _tell;
    private readonly Action<Report> _report;
    private readonly Channel<(CopyEffect Effect, TimeSpan Noted)> _work =
        Channel.CreateBounded<(CopyEffect, TimeSpan)>(
            new BoundedChannelOptions(Limits.Agent.EffectsWaitingMax) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _working;
    private readonly NetworkHands _network;
    private MachineKeeper? _keeper;
    private VmSpec? _spec;
    private OutgoingTransfer? _outgoing;
    private IncomingTransfer? _incoming;

    // Where the transfer that comes in goes to: what it tells is told of that process.
    private volatile string _incomingTo = "";
    private IncomingTransfer? _refilling;

    // The process was found running: what it shows of a migration is of the one that the ledger speaks of.
    private volatile bool _adopted;

    // As last seen: an attempt that is closed while the guest runs is over here.
    private volatile bool _guestRuns;

    /// <summary>Makes them; nothing is touched before the first effect.</summary>
    public CopyHands(AgentTools tools, VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report)
    {
        (_tools, _vm, _tell, _report) = (tools, vm, tell, report);
        _network = new NetworkHands(tools, vm);
        _working = Task.Run(WorkAsync);
    }

    /// <inheritdoc/>
    public async Task<MachineLook?> RecoverAsync(HeldCopy copy)
    {
        var machine = await _tools.Hypervisor.AdoptAsync(PathOf(copy.Directory), _stop.Token);
        if (machine is null)
        {
            await _network.RecoverAsync(copy, null);
            return null;
        }

        _adopted = true;
        _spec = copy.Spec;
        _keeper = Keep(copy.Directory, machine);
        _tools.Capacity.Note(_vm, copy.Spec.MemoryBytes(), copy is IncomingCopy, migrating: false);
        var look = await _keeper.LookAsync();
        _guestRuns = look.Run == RunState.Running;
        await _network.RecoverAsync(copy, look);
        return look;
    }

    /// <inheritdoc/>
    public void Run(CopyEffect effect, TimeSpan noted)
    {
        // What waits for a peer must not keep the order to give up waiting.
        if (effect is CancelSending or CloseTransfer or KillMachine)
            Volatile.Read(ref _outgoing)?.Interrupt();
        if (effect is CloseTransfer or KillMachine)
            Volatile.Read(ref _refilling)?.Interrupt();
        if (!_work.Writer.TryWrite((effect, noted)))
            AgentLog.EffectDropped(_tools.Log, _vm.Value, effect.GetType().Name);
    }

    /// <summary>Lets go of the process, which runs on; a transfer dies with its agent.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _stop.CancelAsync();
        await _working;
        await CloseTransferAsync();
        if (_keeper is not null)
            await _keeper.DisposeAsync();
        await _network.DisposeAsync();
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
        catch (HypervisorException e)
        {
            AgentLog.EffectFailed(_tools.Log, _vm.Value, effect.GetType().Name, e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            AgentLog.EffectFailed(_tools.Log, _vm.Value, effect.GetType().Name, e);
        }
    }

    private Task RunAsync(CopyEffect effect, TimeSpan noted) => effect switch
    {
        RunPrecheck e => PrecheckAsync(e),
        StartMachine e => StartAsync(e),
        StartIncoming e => StartIncomingAsync(e),
        RefillIncoming e => RefillAsync(e),
        StartSending e => StartSendingAsync(e),
        AdjustSending e => AdjustAsync(e),
        WatchDirtying e => WatchDirtyingAsync(e),
        ContinueSwitchover => ContinueAsync(),
        TurnNetwork => TurnAsync(),
        CancelSending => CancelAsync(),
        CloseTransfer => CloseTransferAsync(),
        RunMachine => RunMachineAsync(noted),
        PowerDownMachine => Machine().PowerDownAsync(_stop.Token),
        KillMachine e => KillAsync(e),
        SendReport => throw new InvalidOperationException("reports are the actor's"),
        _ => throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of a copy"),
    };

    private async Task PrecheckAsync(RunPrecheck e)
    {
        var obstacles = _tools.Capacity.Obstacles(e.Order).ToList();
        if (e.Order.Side == Side.Source && e.NotRunning is { } reason)
            obstacles.Add(new Obstacle(reason, $"{_vm} does not run on {_tools.Options.Host}"));
        try
        {
            var unfit = await _tools.Hypervisor.CheckAsync(e.Order.Spec, _stop.Token);
            if (e.Order.Side == Side.Target)
                obstacles.AddRange(unfit.Select(u => new Obstacle(u.Reason, u.Detail)));
        }
        catch (HypervisorException problem)
        {
            obstacles.Add(new Obstacle(FailureReason.HypervisorUnfit, problem.Message));
        }

        obstacles.AddRange(await _network.PrecheckAsync(e.Order));
        _report(new PrecheckReport(e.Order.Stamp, e.Order.Side, obstacles));
    }

    private async Task StartAsync(StartMachine e)
    {
        if (await IsPreparedAsync(e.Directory, () => _network.PrepareStartAsync(e.Spec, e.Directory))
            && await TryStartAsync(e.Spec, StartMode.Boot, e.Directory, incoming: false))
            await Kept().TellLookAsync();
    }

    private async Task<bool> IsPreparedAsync(string directory, Func<Task> prepare)
    {
        try
        {
            await prepare();
            return true;
        }
        catch (NetworkException e)
        {
            await _network.EndedAsync(forGood: true);
            await _tell(directory, new MachineFailedToStart(FailureReason.NetworkFailed, e.Message));
            return false;
        }
    }

    private async Task StartIncomingAsync(StartIncoming e)
    {
        if (!await IsPreparedAsync(e.Directory, () => _network.PrepareTargetAsync(e))
            || !await TryStartAsync(e.Spec, StartMode.Incoming, e.Directory, incoming: true))
            return;
        if (_incoming is { } made)
        {
            await _tell(e.Directory, new OfferMade(made.Offer));
            return;
        }

        try
        {
            var socket = Path.Combine(PathOf(e.Directory), "in.sock");
            await Machine().BeginIncomingAsync(socket, _stop.Token);
            _incoming = new IncomingTransfer(_tools, e.Stamp, e.Source, BootFilesOf(e.Spec));
            _incomingTo = e.Directory;
            _ = _incoming.ServeAsync(socket, TellIncomingAsync);
            await _tell(e.Directory, new OfferMade(_incoming.Offer));
        }
        catch (Exception failed) when (failed is HypervisorException or InvalidOperationException)
        {
            // Not offered, so nobody knows of it: it must not stay.
            await EndProcessAsync(e.Directory);
            await _network.EndedAsync(forGood: true);
            await _tell(e.Directory, new MachineFailedToStart(FailureReason.TargetDidNotStart, failed.Message));
        }
    }

    private async ValueTask TellIncomingAsync(CopyInput input)
    {
        try
        {
            if (input is BytesArrived)
                await _network.ArrivedAsync();
        }
        catch (NetworkException e)
        {
            input = new TransferBroke(FailureReason.NetworkFailed, e.Message);
        }

        await _tell(_incomingTo, input);
    }

    /// <summary>
    /// In this order: the dead process is gone for certain, the other waits, and only then is it filled. Whatever fails
    /// on the way ends the other process and is told; it would wait for ever for bytes that do not come.
    /// </summary>
    private async Task RefillAsync(RefillIncoming e)
    {
        if (_keeper is { } kept && string.Equals(kept.Directory, e.Directory, StringComparison.Ordinal))
            return; // Run again, it finds the one that it has filled.
        await EndProcessAsync(e.Dead);
        if (!await TryStartAsync(e.Spec, StartMode.Incoming, e.Directory, incoming: true))
            return;
        var problem = "the transfer was closed meanwhile";
        try
        {
            var socket = Path.Combine(PathOf(e.Directory), "in.sock");
            await Machine().BeginIncomingAsync(socket, _stop.Token);
            if (_incoming is { } incoming)
            {
                _incomingTo = e.Directory;
                var began = _tools.Time.GetTimestamp();
                Volatile.Write(ref _refilling, incoming);
                var why = await incoming.ReplaceAsync(socket);
                Volatile.Write(ref _refilling, null);
                if (why == RefillRefusal.None)
                {
                    AgentLog.Refilled(
                        _tools.Log, e.Stamp.ToString(), (long)_tools.Time.GetElapsedTime(began).TotalMilliseconds);
                    // Told of the dead process, it would not have been heard.
                    if (incoming.HasBytes)
                        await _tell(e.Directory, new BytesArrived());
                    return;
                }

                problem = $"it could not be filled again: {why}";
            }
        }
        catch (Exception failed) when (failed is HypervisorException or InvalidOperationException)
        {
            problem = failed.Message;
        }

        AgentLog.NotRefilled(_tools.Log, e.Stamp.ToString(), problem);
        await EndProcessAsync(e.Directory);
        await _network.EndedAsync(forGood: true);
        await _tell(e.Directory, new MachineFailedToStart(
            FailureReason.TargetVmDied, $"its process died, and the one that took its place was ended: {problem}"));
    }

    private async Task<bool> TryStartAsync(VmSpec spec, StartMode mode, string directory, bool incoming)
    {
        // Run again, it finds what it started: that is not a failure to start, after which nothing would be there.
        if (_keeper is { } kept && string.Equals(kept.Directory, directory, StringComparison.Ordinal))
            return true;
        if (_tools.Options.HomelessDisks(spec).FirstOrDefault() is { } homeless)
        {
            await _tell(directory, new MachineFailedToStart(FailureReason.DisksUnfit, homeless));
            return false;
        }

        try
        {
            MachineDirectories.Prune(PathOf(spec.Id.Value), PathOf(directory));
            var machine = await _tools.Hypervisor.StartAsync(spec, mode, PathOf(directory), _stop.Token);
            await DropKeeperAsync();
            _spec = spec;
            _keeper = Keep(directory, machine);
            _tools.Capacity.Note(_vm, spec.MemoryBytes(), incoming, migrating: incoming);
            return true;
        }
        catch (HypervisorException e)
        {
            await _network.EndedAsync(forGood: true);
            var unfit = await UnfitnessOf(spec);
            await _tell(directory, new MachineFailedToStart(unfit ?? FailureReason.TargetDidNotStart, e.Message));
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await _tell(directory, new MachineFailedToStart(
                FailureReason.TargetDidNotStart, $"the directory '{PathOf(directory)}' cannot be made: {e.Message}"));
            return false;
        }
    }

    private async Task<FailureReason?> UnfitnessOf(VmSpec spec)
    {
        try
        {
            return (await _tools.Hypervisor.CheckAsync(spec, _stop.Token)).FirstOrDefault()?.Reason;
        }
        catch (HypervisorException)
        {
            return FailureReason.HypervisorUnfit;
        }
    }

    private async Task StartSendingAsync(StartSending e)
    {
        await CloseTransferAsync();
        var transfer = new OutgoingTransfer(
            _tools, e.Order, PathOf(e.Directory), _report, _spec is null ? null : BootFilesOf(_spec));
        Volatile.Write(ref _outgoing, transfer);
        _tools.Capacity.NoteMigrating(_vm, migrating: true);
        try
        {
            await _network.PrepareSourceAsync(e.Order);
        }
        catch (NetworkException failed)
        {
            await _tell(e.Directory, new TransferBroke(FailureReason.NetworkFailed, failed.Message));
            return;
        }

        await transfer.BeginAsync(Machine(), broke => _tell(e.Directory, broke));
    }

    // Not waited for: it takes seconds, and orders to this copy must not.
    private Task WatchDirtyingAsync(WatchDirtying e)
    {
        var machine = Machine();
        _ = Task.Run(async () =>
        {
            try
            {
                var seen = await machine.WatchDirtyingAsync(
                    TimeSpan.FromMilliseconds(e.Order.IntervalMs), _stop.Token);
                _report(new DirtyingReport(
                    e.Order.Stamp, (int)seen.Interval.TotalMilliseconds, seen.Pages, null));
            }
            catch (Exception failed) when (failed is HypervisorException or OperationCanceledException)
            {
                _report(new DirtyingReport(e.Order.Stamp, e.Order.IntervalMs, null, failed.Message));
            }
        });
        return Task.CompletedTask;
    }

    private Task AdjustAsync(AdjustSending e)
    {
        _outgoing?.Governor.Adjust(e.Policy, e.LineShare);
        return Task.CompletedTask;
    }

    /// <summary>In the order in which both sides put them together.</summary>
    private static IReadOnlyList<string> BootFilesOf(VmSpec spec) =>
        [.. new[] { spec.Kernel, spec.Initrd }.OfType<string>()];

    // Beside it: what is paused must not wait for the network.
    private Task ContinueAsync()
    {
        _network.Turn(Side.Source);
        return Machine().ContinueSwitchoverAsync(_stop.Token);
    }

    private Task TurnAsync()
    {
        _network.Turn(Side.Target);
        return Task.CompletedTask;
    }

    private async Task RunMachineAsync(TimeSpan noted)
    {
        var network = await _network.BeforeRunAsync();
        await Kept().RunAsync(noted, network);
        _network.Ran();
        _incoming?.Granted();
    }

    private async Task CancelAsync()
    {
        try
        {
            await Machine().CancelOutgoingAsync(_stop.Token);
        }
        catch (HypervisorException e) when (_outgoing is { } transfer)
        {
            AgentLog.CancelForced(_tools.Log, _vm.Value, e);
            await transfer.AbortAsync();
        }

        await Kept().TellLookAsync();
    }

    private async Task CloseTransferAsync()
    {
        _adopted = false;
        _tools.Capacity.NoteMigrating(_vm, migrating: false);
        var (outgoing, incoming) = (_outgoing, _incoming);
        (_outgoing, _incoming) = (null, null);
        if (outgoing is not null)
            await outgoing.DisposeAsync();
        if (incoming is not null)
            await incoming.DisposeAsync();
        if (_guestRuns)
            await _network.BackAsync();
    }

    private async Task KillAsync(KillMachine e)
    {
        _guestRuns = false;
        await CloseTransferAsync();
        await EndProcessAsync(e.Directory);
        await _network.EndedAsync(forGood: true);
        await _tell(e.Directory, new MachineVanished("ended by order"));
    }

    private async Task EndProcessAsync(string directory)
    {
        if (_keeper is { } keeper && string.Equals(keeper.Directory, directory, StringComparison.Ordinal))
        {
            await keeper.Machine.KillAsync(_stop.Token);
            await DropKeeperAsync();
        }
        else
        {
            await _tools.Hypervisor.KillAsync(PathOf(directory), _stop.Token);
        }

        _tools.Capacity.Forget(_vm);
    }

    private MachineKeeper Keep(string directory, IMachine machine) => new(
        directory, machine, _tools.Time, _tools.Log,
        async input =>
        {
            if (input is MachineSeen { Look.Phase: MigrationPhase.Failed } && _outgoing is { } failed)
                await failed.ToldAsync();
            if (_outgoing is { HasBegun: true } sending)
                Govern(sending.Governor, input);
            if (input is MachineSeen seen)
                _guestRuns = seen.Look.Run == RunState.Running;
            if (input is MachineVanished vanished)
            {
                _tools.Capacity.Forget(_vm);
                _guestRuns = false;
                var canRefill = CanRefill();
                if (!canRefill)
                    await _network.EndedAsync(forGood: false);
                input = vanished with { CanRefill = canRefill };
            }

            await _tell(directory, input);
        },
        progress =>
        {
            if (_outgoing is not { HasBegun: true } sending)
                return;
            progress = progress with
            {
                WireBytes = sending.WireBytes,
                LinkDownSince = sending.LinkDownSince,
                PageWork = sending.PageWork,
                Link = sending.Link,
            };
            sending.Governor.Hear(new PilotProgress(progress));
            _report(new ProgressReport(sending.Stamp, progress));
        },
        () => _outgoing is { HasBegun: true } || _incoming is not null || (_outgoing is null && _adopted),
        () => _outgoing?.WireBytes ?? 0);

    private bool CanRefill()
    {
        if (Volatile.Read(ref _incoming) is not { } incoming || Volatile.Read(ref _refilling) is not null)
            return false;
        var why = incoming.WhyNotReplace;
        AgentLog.TargetDied(_tools.Log, incoming.Attempt, why.ToString());
        return why == RefillRefusal.None;
    }

    private static void Govern(TransferGovernor governor, CopyInput input)
    {
        if (input is RoundSeen { Round: var round })
            governor.Hear(new PilotRound(round));
        else if (input is MachineSeen { Look: var look })
            governor.Hear(look);
    }

    private async Task DropKeeperAsync()
    {
        if (_keeper is { } old)
            await old.DisposeAsync();
        _keeper = null;
    }

    private MachineKeeper Kept() => _keeper
        ?? throw new HypervisorException(
            HypervisorFault.Exited, $"There is no process of {_vm} on {_tools.Options.Host}.");

    private IMachine Machine() => Kept().Machine;

    private string PathOf(string directory) => Path.Combine(_tools.Options.MachinesDirectory, directory);
}
