using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// The network of one VM on this host, between the ledger's effects and the redirector's steps. What comes is
/// <c>here</c>, what goes is <c>away</c>; both are in the redirector's notes, where they are found again after a crash.
/// <code>
/// here:  prepare (before the process)  ->  routers (first bytes)  ->  turn (pause, or run)  ->  release (a while after)
/// away:  prepare (before sending)      ->  turn (pause)           ->  release (process ended)
///        and back, as it was: the attempt is over, and the process that came in ended or the guest runs on
/// </code>
/// Until anything has moved, a step that fails is told and ends the attempt. From the pause on it never stops the VM: it
/// is logged, and tried again until it is done or the VM is elsewhere.
/// </summary>
internal sealed class NetworkHands(AgentTools tools, VmId vm) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly NetworkRetry _later = new(tools.Time);
    private NetworkSpec? _spec;
    private string _directory = "";
    private IReadOnlyList<NetworkPart> _here = [];
    private IReadOnlyList<NetworkPart> _away = [];
    private bool _owned;

    // The ledger that was found says that it was here, and not that it has not gone since.
    private bool _ownedBefore;

    // A later owner is proven: what routers know of the VM is that one's affair.
    private bool _isElsewhere;

    /// <summary>What stands in the way of a migration here.</summary>
    public async Task<IReadOnlyList<Obstacle>> PrecheckAsync(Precheck order)
    {
        if (Moved(order.Spec) is not { } spec)
            return [];
        if (tools.Network is not { } network)
            return [Unfit($"{tools.Options.Host} looks after no networks")];
        if (order.Network is not { Target: not null } ends)
            return [Unfit($"the target of {vm} has no address for other hosts: set its host.network.underlay")];
        var obstacles = new List<Obstacle>();
        await _turn.WaitAsync(_stop.Token);
        try
        {
            if (order.Side == Side.Target)
                await ClearEarlierAsync(Side.Target);
            else if (_owned && _away.Count == 0)
                await EndComingAsync();
            if (network.Redirector.Open().FirstOrDefault(n => n.Move.Vm != vm && n.Move.Tunnel == ends.Tunnel) is { } same)
                obstacles.Add(Unfit($"tunnel {ends.Tunnel} is that of {same.Move.Migration} by chance; migrate again"));
            foreach (var part in NetworkPart.Of(network, order.Stamp, spec, order.Side, ends))
                await part.Redirector.PrecheckAsync(part.Move, _stop.Token);
        }
        catch (NetworkException e)
        {
            obstacles.Add(Unfit(e.Message));
        }
        finally
        {
            _turn.Release();
        }

        return obstacles;
    }

    /// <summary>Before a VM's process is started here, and not by a migration.</summary>
    /// <exception cref="NetworkException">It may not be started.</exception>
    public Task PrepareStartAsync(VmSpec spec, string directory) => PrepareAsync(
        spec, directory, owned: true,
        network => NetworkPart.OfStart(network, vm, directory, Moved(spec)!, tools.Options.Host));

    /// <summary>Before the process is started that is to take a VM in.</summary>
    /// <exception cref="NetworkException">It may not be offered.</exception>
    public Task PrepareTargetAsync(StartIncoming e) => PrepareAsync(
        e.Spec, e.Directory, owned: false,
        network => NetworkPart.Of(network, e.Stamp, Moved(e.Spec)!, Side.Target, e.Network ?? Alone()));

    /// <summary>
    /// The source sends, so its end is prepared too: routers may lead here. One that another host has told already is
    /// left to it, for only that one knows what was before.
    /// </summary>
    /// <exception cref="NetworkException">The attempt may not go on.</exception>
    public Task ArrivedAsync() => InTurnAsync(async () =>
    {
        foreach (var part in _here.Where(static p => p.IsRouter).ToList())
        {
            var isNoted = part.Redirector.Open().Any(n => n.Move.Vm == vm && n.IsOf(part.Move));
            var done = await part.Redirector.PrepareAsync(part.Move, _stop.Token);
            if (isNoted || done.ChangedAnything() || !part.Move.HasTunnel())
                continue;
            await part.Redirector.ReleaseAsync(part.Move, _stop.Token);
            _here = [.. _here.Where(p => p != part)];
        }
    });

    /// <summary>Before the first byte is sent.</summary>
    /// <exception cref="NetworkException">Nothing may be sent.</exception>
    public Task PrepareSourceAsync(BeginTransfer order) => InTurnAsync(async () =>
    {
        if (_spec is null || tools.Network is not { } network || order.Network is not { Target: not null } ends)
            return;
        await ClearEarlierAsync(Side.Source);
        _away = NetworkPart.Of(network, order.Stamp, _spec, Side.Source, ends);
        await AllAsync(_away, static (p, c) => p.Redirector.PrepareAsync(p.Move, c));
    });

    /// <summary>The guest stands still at its source; not waited for.</summary>
    public void Turn(Side side)
    {
        var parts = side == Side.Source ? _away : _here;
        if (parts.Count > 0 && NetworkPart.MayTurnEarly(parts[0].Move))
            _ = Task.Run(() => TryTurnAsync(side));
    }

    /// <summary>
    /// Before the vCPUs are started here. What came in turns; what was going stays. Says how long it took, and what went
    /// wrong; a guest never waits for it longer than a moment.
    /// </summary>
    public async Task<(double Ms, string? Alarm)?> BeforeRunAsync()
    {
        (_owned, _ownedBefore, _isElsewhere) = (true, false, false);
        if (_away.Count > 0)
        {
            await BackAsync();
            return null;
        }

        if (_here.Count == 0)
            return null;
        var began = tools.Time.GetTimestamp();
        string? alarm;
        try
        {
            alarm = await Task.Run(() => TryTurnAsync(Side.Target))
                .WaitAsync(TimeSpan.FromMilliseconds(Limits.Network.FlipWaitMs), tools.Time);
        }
        catch (TimeoutException)
        {
            alarm = "it takes long";
        }

        return (tools.Time.GetElapsedTime(began).TotalMilliseconds, alarm);
    }

    /// <summary>The guest runs here: it is announced, and after a while only what it needs is left.</summary>
    public void Ran()
    {
        if (_here.Count == 0)
            return;
        _later.Until(
            TimeSpan.Zero, async _ => await TryTurnAsync(Side.Target) is null,
            TimeSpan.FromMilliseconds(_here[0].Move.HasTunnel() ? Limits.Network.SettleMs : 0),
            async _ => await TryAsync("release", ReleaseHereAsync) is null);
    }

    /// <summary>An attempt to send it away is over, and the guest runs here.</summary>
    public Task BackAsync() => _away.Count == 0
        ? Task.CompletedTask
        : KeepTryingAsync("roll back", () => UndoAsync(_away, () => _away = []));

    /// <summary>The VM is known to run on another host, before its process here is ended.</summary>
    public void RunsElsewhere() => _isElsewhere = true;

    /// <summary>Its process here has ended, and no other takes its place.</summary>
    /// <param name="forGood">By order. Else the target may yet be complete, or nothing be there, as the coordinator
    /// finds.</param>
    public async Task EndedAsync(bool forGood)
    {
        if (_spec is null || (_away.Count > 0 && !forGood))
            return;
        _later.Cancel();
        if (_away.Count > 0)
        {
            // Whatever is under way to it is sent on first.
            await TryTurnAsync(Side.Source);
            await KeepTryingAsync("release", ReleaseAwayAsync);
        }
        else if (_here.Count > 0 && !_owned)
        {
            await KeepTryingAsync("roll back", () => UndoAsync(_here, () => _here = []));
        }
        else
        {
            var mayBeOwn = _owned && !_isElsewhere;
            var ended = new EndOfLife { IsOwn = mayBeOwn && !_ownedBefore, MayBeOwn = mayBeOwn };
            await KeepTryingAsync("release", () => ReleaseEndedAsync(ended));
        }

        (_owned, _ownedBefore, _isElsewhere) = (false, false, false);
    }

    /// <summary>After the agent's start: takes up what its notes say, as far as the ledger has decided it.</summary>
    public async Task RecoverAsync(HeldCopy copy, MachineLook? look)
    {
        if (Moved(copy.Spec) is not { } spec || tools.Network is not { } network)
            return;
        (_spec, _directory) = (spec, copy.Directory);
        _owned = copy is OwnedCopy or OutgoingCopy or EndedCopy;
        // Without its process too: the whole host may have been away, and the VM been taken up elsewhere meanwhile. A
        // kernel that still has its network says that only the agent was, and that nobody else tells the routers.
        _ownedBefore = copy is OutgoingCopy or EndedCopy || look is null;
        await TryAsync("look for notes", () => InTurnAsync(() =>
        {
            (_here, _away) = NetworkPart.Open(network, vm, tools.Options.Host);
            return Task.CompletedTask;
        }));
        if (look is null)
        {
            await EndedAsync(forGood: false);
        }
        else if (_owned && look.Run == RunState.Running)
        {
            // Whatever the agent before was sending does not go on.
            await BackAsync();
            Ran();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _later.DisposeAsync();
        await _turn.WaitAsync();
        _turn.Dispose();
        _stop.Dispose();
    }

    private static NetworkSpec? Moved(VmSpec spec) => spec.Network is { Kind: not NetworkKind.None } network ? network : null;

    private static Obstacle Unfit(string detail) => new(FailureReason.NetworkUnfit, detail);

    /// <summary>A coordinator that said nothing: the VM comes as if it were started here.</summary>
    private NetworkEnds Alone() => new(
        null, tools.Network?.Underlay is { } own ? new NetworkEnd(tools.Options.Host, own) : null);

    private Task PrepareAsync(
        VmSpec spec, string directory, bool owned, Func<NetworkTools, IReadOnlyList<NetworkPart>> parts) => InTurnAsync(async () =>
    {
        (_spec, _directory) = (Moved(spec), directory);
        (_owned, _ownedBefore, _isElsewhere) = (owned, false, false);
        if (_spec is null)
            return;
        var network = tools.Network ?? throw new NetworkException(
            NetworkFault.SpecInvalid, $"network of {vm}", $"{tools.Options.Host} looks after no networks",
            "Choose another host, or give the VM a network of kind none.");
        var wanted = parts(network);
        _later.Cancel();
        if (_here.Count == 0 || _here[0].Move.Migration != wanted[0].Move.Migration
            || _here[0].Move.Attempt != wanted[0].Move.Attempt)
            await ClearEarlierAsync(Side.Target);
        _here = wanted;
        // Routers may lead here when the source passes on too.
        await AllAsync(_here.Where(p => owned || !p.IsRouter), static (p, c) => p.Redirector.PrepareAsync(p.Move, c));
        if (_spec.Vni is { } vni)
            network.Overlays?.Joined(vni);
    });

    /// <summary>What an earlier move left, for it could not be undone then, would keep the next from being noted.</summary>
    private async Task ClearEarlierAsync(Side side)
    {
        var (here, away) = NetworkPart.Open(tools.Network!, vm, tools.Options.Host);
        if (side == Side.Source)
        {
            // It runs here: that it came is done, that it was to go is not.
            _later.Cancel();
            await AllAsync(here, static (p, c) => p.Redirector.ReleaseAsync(p.Move, c));
            await AllAsync(away.Reverse(), static (p, c) => p.Redirector.RollBackAsync(p.Move, c));
        }
        else
        {
            // It is to come: that it came is not done, that it went is.
            await AllAsync(here.Reverse(), static (p, c) => p.Redirector.RollBackAsync(p.Move, c));
            await AllAsync(away, static (p, c) => p.Redirector.ReleaseAsync(p.Move, c));
        }

        (_here, _away) = ([], []);
    }

    private Task<string?> TryTurnAsync(Side side) => TryAsync("turn", () => InTurnAsync(async () =>
    {
        var parts = side == Side.Source ? _away : _here;
        foreach (var part in parts)
        {
            var result = await part.Redirector.ActivateAsync(part.Move, _stop.Token);
            foreach (var alarm in result.Alarms)
                AgentLog.NetworkAlarm(tools.Log, vm.Value, "turn", alarm);
        }
    }));

    private Task ReleaseHereAsync() => InTurnAsync(ReleaseComingAsync);

    // It runs here and is to go on at once: what its coming still has to do is done first, or its notes would be in the way.
    private async Task EndComingAsync()
    {
        await AllAsync(_here, static (p, c) => p.Redirector.ActivateAsync(p.Move, c));
        await ReleaseComingAsync();
    }

    private async Task ReleaseComingAsync()
    {
        foreach (var part in _here.ToList())
            Note(part.Move, await part.Redirector.ReleaseAsync(part.Move, _stop.Token));
        _here = [];
    }

    private void Note(NetworkMove move, NetworkStepResult released)
    {
        if (released.Received is not { } came || move.Source?.Host is not { } by)
            return;
        var stays = move.Spec.Kind == NetworkKind.Tunnel;
        AgentLog.NetworkDetour(tools.Log, vm.Value, move.Migration.Value, came.Packets, came.Bytes, by.Value, stays);
        tools.Network?.Detours.Note(new NetworkDetour(vm, move.Migration, by, came.Packets, came.Bytes, stays));
    }

    private Task ReleaseAwayAsync() => InTurnAsync(async () =>
    {
        await AllAsync(
            _away.Where(static p => p.Move.Role != NetworkRole.Anchor),
            static (p, c) => p.Redirector.ReleaseAsync(p.Move, c));
        _away = [];
    });

    /// <summary>
    /// Routers lead here no more when the guest's life ended here, and only once: later, by the same next hop, they may
    /// lead to another host that has the VM.
    /// </summary>
    private Task ReleaseEndedAsync(EndOfLife ended) => InTurnAsync(async () =>
    {
        if (_spec is null || tools.Network is not { } network)
            return;
        await AllAsync(_here, static (p, c) => p.Redirector.ReleaseAsync(p.Move, c));
        _here = [];
        var parts = NetworkPart.OfEnd(network, vm, _directory, _spec, tools.Options.Host);
        var own = await parts[0].Redirector.ReleaseAsync(parts[0].Move, _stop.Token);
        ended.IsOwn |= ended.MayBeOwn && own.ChangedAnything();
        if (ended.IsOwn)
            await AllAsync(parts.Skip(1), static (p, c) => p.Redirector.ReleaseAsync(p.Move, c));
    });

    private Task UndoAsync(IReadOnlyList<NetworkPart> parts, Action done) => InTurnAsync(async () =>
    {
        await AllAsync(parts.Reverse(), static (p, c) => p.Redirector.RollBackAsync(p.Move, c));
        done();
    });

    private async Task KeepTryingAsync(string what, Func<Task> work)
    {
        if (await TryAsync(what, work) is not null)
        {
            _later.Until(
                TimeSpan.FromMilliseconds(Limits.Network.RetryMsMin), async _ => await TryAsync(what, work) is null);
        }
    }

    private async Task AllAsync(IEnumerable<NetworkPart> parts, Func<NetworkPart, CancellationToken, Task> step)
    {
        foreach (var part in parts.ToList())
            await step(part, _stop.Token);
    }

    private async Task InTurnAsync(Func<Task> work)
    {
        await _turn.WaitAsync(_stop.Token);
        try
        {
            await work();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What went wrong, which is also logged; null when nothing did.</summary>
    private async Task<string?> TryAsync(string what, Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (NetworkException e)
        {
            AgentLog.NetworkAlarm(tools.Log, vm.Value, what, e.Message);
            return e.Message;
        }
        catch (Exception e) when (e is not OperationCanceledException and not ObjectDisposedException)
        {
            AgentLog.NetworkAlarm(tools.Log, vm.Value, what, e.Message);
            return e.Message;
        }
    }
}
