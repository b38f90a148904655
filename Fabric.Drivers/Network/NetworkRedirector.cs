using Fabric.Drivers.Network.Announce;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// Moves networks by plan: a plan says what the kernel should hold, this reads what it holds, notes it before anything
/// is
/// changed, and writes what differs. So a step that comes twice changes nothing, and going back is writing what was
/// noted.
/// One step at a time on a host: machines share bridges and overlays.
/// </summary>
public sealed class NetworkRedirector : INetworkRedirector
{
    private readonly NetworkPlace _place;
    private readonly INetworkNotes _notes;
    private readonly INameUpdater? _names;
    private readonly TimeProvider _time;
    private readonly Announcer _announcer;
    private readonly Func<INetworkState> _open;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private INetworkState? _state;

    /// <summary>Moves networks of this machine.</summary>
    /// <param name="place">What this host is.</param>
    /// <param name="notes">Where it keeps what was before.</param>
    /// <param name="names">Tells name servers; null when this host may not.</param>
    /// <param name="time">The clock of announcements and durations.</param>
    public NetworkRedirector(NetworkPlace place, INetworkNotes notes, INameUpdater? names, TimeProvider time)
        : this(place, notes, names, time, () => KernelNetwork.Open(new NetworkNamespace(place.Namespace)))
    {
    }

    internal NetworkRedirector(
        NetworkPlace place, INetworkNotes notes, INameUpdater? names, TimeProvider time, Func<INetworkState> open)
    {
        (_place, _notes, _names, _time, _open) = (place, notes, names, time, open);
        _announcer = new Announcer(time);
    }

    /// <inheritdoc/>
    public Task<NetworkStepResult> PrecheckAsync(NetworkMove move, CancellationToken cancellation) =>
        StepAsync(NetworkStep.Precheck, move, (step, plan) =>
        {
            if (_notes.Find(move.Vm, move.Role) is { } note && !note.IsOf(move))
                throw EarlierMove(note);
            NetworkPrecheck.Run(move, _place, step.State);
            step.Look(plan.Prepare);
            return Task.CompletedTask;
        }, cancellation);

    /// <inheritdoc/>
    public Task<NetworkStepResult> PrepareAsync(NetworkMove move, CancellationToken cancellation) =>
        StepAsync(NetworkStep.Prepare, move, (step, plan) =>
        {
            var note = _notes.Find(move.Vm, move.Role);
            if (note is not null && !note.IsOf(move))
                throw EarlierMove(note);
            // What an earlier try of this step changed must not be taken for what was before: the first note stays.
            if (note is null)
                _notes.Keep(new NetworkNote(move, step.Before([.. plan.Prepare, .. plan.Activate])));
            step.Fulfil(plan.Prepare);
            return Task.CompletedTask;
        }, cancellation);

    /// <inheritdoc/>
    public async Task<NetworkStepResult> ActivateAsync(NetworkMove move, CancellationToken cancellation)
    {
        var result = await StepAsync(NetworkStep.Activate, move, async (step, plan) =>
        {
            var note = _notes.Find(move.Vm, move.Role);
            if (note?.IsOf(move) != true)
                throw NotPrepared(move, note);
            if (move.Role == NetworkRole.Source)
                await _announcer.EndAsync(move.Vm); // of its own coming here, when it goes on at once
            if (!note.IsActivated && HasName(move))
                _notes.Keep(note with { IsActivated = true }); // or going back would leave the name at the target
            step.Fulfil(plan.Activate);
            if (plan.AnnounceOn is { } link)
                Announce(step, move, link);
        }, cancellation);
        if (!HasName(move))
            return result;
        try
        {
            // Out of turn: a name server that is silent for seconds may not hold up the flips of other machines.
            await NameAsync(move.Spec.Dns!, move.NamedAddresses, cancellation);
            return result;
        }
        catch (NetworkException e)
        {
            return result with { Alarms = [.. result.Alarms, e.Message] };
        }
    }

    /// <inheritdoc/>
    public async Task<NetworkStepResult> RollBackAsync(NetworkMove move, CancellationToken cancellation)
    {
        var isNamed = false;
        var result = await StepAsync(NetworkStep.RollBack, move, async (step, _) =>
        {
            await _announcer.EndAsync(move.Vm);
            if (_notes.Find(move.Vm, move.Role) is not { } note || !note.IsOf(move))
                return;
            step.PutBack(note);
            isNamed = note.IsActivated && HasName(move);
            if (!isNamed)
                _notes.Forget(move.Vm, move.Role);
        }, cancellation);
        if (!isNamed)
            return result;
        try
        {
            await NameAsync(move.Spec.Dns!, move.Spec.Addresses, cancellation);
            _notes.Forget(move.Vm, move.Role);
            return result;
        }
        catch (NetworkException e)
        {
            e.Step = NetworkStep.RollBack;
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<NetworkStepResult> ReleaseAsync(NetworkMove move, CancellationToken cancellation)
    {
        TunnelTraffic? received = null;
        var result = await StepAsync(NetworkStep.Release, move, (step, plan) =>
        {
            // Its counters go with it.
            if (move.Role == NetworkRole.Target && move.HasTunnel())
                received = step.State.Link(TunnelEnds.Of(move).Name)?.Received;
            if (_notes.Find(move.Vm, move.Role) is { } note && !note.IsOf(move))
                throw EarlierMove(note);
            if (move.Role == NetworkRole.Source)
                NetworkPrecheck.TapIsFree(move.Spec, step.State);
            step.Fulfil(plan.Release);
            _notes.Forget(move.Vm, move.Role);
            return Task.CompletedTask;
        }, cancellation);
        return result with { Received = received };
    }

    /// <inheritdoc/>
    public Task<NetworkStepResult> LeadAsync(NetworkMove move, CancellationToken cancellation) =>
        StepAsync(NetworkStep.Activate, move, (step, plan) =>
        {
            if (step.State.Link(move.Spec.VxlanLink()) is null)
                return Task.CompletedTask;
            // A TAP of the VM is that of an end of a move: what leads to it is that end's affair.
            var isAnEnd = move.Target!.Underlay == _place.Underlay || step.State.Link(move.Spec.Tap!) is not null;
            step.Fulfil(isAnEnd ? plan.Activate.Where(static w => w.IsShared) : plan.Activate);
            return Task.CompletedTask;
        }, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<NetworkNote> Open() => _notes.Open();

    /// <summary>The announcements of a VM that are still to come; fails when one could not be sent.</summary>
    public Task AnnouncementsOf(VmId vm) => _announcer.RoundsOf(vm);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _announcer.DisposeAsync();
        await _turn.WaitAsync();
        Close();
        _turn.Release();
    }

    private static bool HasName(NetworkMove move) =>
        move is { Role: NetworkRole.Target, Spec.Dns: not null, NamedAddresses.Count: > 0 };

    private void Announce(StepRun step, NetworkMove move, string link) => step.Try(() =>
    {
        var frames = AnnounceFrames.Round(move.Spec.Mac!.Value, move.Spec.Addresses);
        var state = step.State;
        _announcer.Begin(move.Vm, () =>
        {
            foreach (var frame in frames)
                state.SendFrame(link, frame);
        });
    });

    private Task NameAsync(DnsSpec name, IReadOnlyList<HostAddress> addresses, CancellationToken cancellation) =>
        _names?.UpdateAsync(name, addresses, cancellation) ?? throw new NetworkException(
            NetworkFault.DnsKeyMissing, name.Name, "this host may not update names",
            "Give it the key in its configuration.");

    private async Task<NetworkStepResult> StepAsync(
        NetworkStep step, NetworkMove move, Func<StepRun, NetworkPlan, Task> work, CancellationToken cancellation)
    {
        if (move.Faults() is { Count: > 0 } faults)
            throw new NetworkException(
                NetworkFault.SpecInvalid, $"network of {move.Vm}", string.Join("; ", faults), "Correct the VM's network.")
            {
                Step = step,
            };

        await _turn.WaitAsync(cancellation);
        try
        {
            // The kernel's calls block; behind a busy lock of it for seconds.
            return await Task.Run(async () =>
            {
                var run = new StepRun(_state ??= _open(), _time);
                await work(run, NetworkPlan.For(move, _place));
                return run.Result(step, move.Role);
            }, cancellation);
        }
        catch (NetworkException e)
        {
            e.Step = step;
            if (e.InnerException is Netlink.NetlinkException { Fault: not Netlink.NetlinkFault.Refused })
                Close();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    // A conversation that broke off in its middle is not gone on with.
    private void Close()
    {
        _state?.Dispose();
        _state = null;
    }

    private static NetworkException EarlierMove(NetworkNote note) => new(
        NetworkFault.EarlierMoveOpen, $"network of {note.Move.Vm}",
        $"migration {note.Move.Migration}, attempt {note.Move.Attempt}, has not been ended here as {note.Move.Role}",
        "Roll it back or release it first.");

    private static NetworkException NotPrepared(NetworkMove move, NetworkNote? note) => note is null
        ? new NetworkException(
            NetworkFault.NotPrepared, $"network of {move.Vm}",
            $"migration {move.Migration}, attempt {move.Attempt}, has not been prepared here as {move.Role}",
            "Prepare it first; if it was released, it is over.")
        : EarlierMove(note);
}
