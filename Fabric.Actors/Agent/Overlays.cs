using Fabric.Drivers.Network;
using Fabric.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Agent;

/// <summary>
/// What this host was told of where the VMs of overlays are. It leads their traffic there, as far as it has their overlay
/// and they are not here: the ends of a migration are looked after by <see cref="NetworkHands"/>. Nobody waits for it; of
/// what comes faster than the kernel takes it, only the last of each VM is kept.
/// </summary>
public sealed class Overlays(INetworkRedirector redirector, ILogger log) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<VmId, OverlayPlace> _places = [];
    private readonly HashSet<VmId> _open = [];
    private readonly CancellationTokenSource _stop = new();
    private IReadOnlyList<HostAddress> _members = [];
    private Task _work = Task.CompletedTask;

    /// <summary>Where the hosts of overlays are reached, as far as it was told.</summary>
    public IReadOnlyList<HostAddress> Members
    {
        get
        {
            lock (_gate)
                return _members;
        }
    }

    /// <summary>Completes when all that was told until now is done, or has failed and is logged.</summary>
    public Task Settled
    {
        get
        {
            lock (_gate)
                return _work;
        }
    }

    /// <summary>The coordinator says where a VM is. What is older than what is known says nothing.</summary>
    public void Told(OverlayPlace place)
    {
        lock (_gate)
        {
            _members = place.Members;
            var isKnown = _places.TryGetValue(place.Vm, out var known);
            if (isKnown && known!.Epoch > place.Epoch)
                return;
            if (!isKnown && _places.Count >= Limits.Network.OverlayPlacesMax)
            {
                AgentLog.NetworkAlarm(
                    log, place.Vm.Value, "lead elsewhere", $"{Limits.Network.OverlayPlacesMax} VMs of overlays are known already.");
                return;
            }

            _places[place.Vm] = place;
            Open([place.Vm]);
        }
    }

    /// <summary>This host has an overlay that it may not have had before.</summary>
    public void Joined(int vni)
    {
        lock (_gate)
            Open(_places.Values.Where(p => p.Network.Vni == vni).Select(static p => p.Vm));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Settled;
        _stop.Dispose();
    }

    private void Open(IEnumerable<VmId> vms)
    {
        _open.UnionWith(vms);
        if (_work.IsCompleted && _open.Count > 0)
            _work = Task.Run(WorkAsync);
    }

    private async Task WorkAsync()
    {
        while (Next() is { } place && !_stop.IsCancellationRequested)
        {
            try
            {
                if (!place.IsGone)
                    await redirector.LeadAsync(place.MoveOf(), _stop.Token);
                else if (!IsUsedByAnother(place))
                    await redirector.ReleaseAsync(place.MoveOf(), _stop.Token);
            }
            catch (OperationCanceledException)
            {
                // The agent stops; the next one is told again.
            }
            catch (NetworkException e)
            {
                AgentLog.NetworkAlarm(log, place.Vm.Value, "lead elsewhere", e.Message);
            }
        }
    }

    /// <summary>A VM that took its place under another name: what leads to its MAC address is its own.</summary>
    private bool IsUsedByAnother(OverlayPlace gone)
    {
        lock (_gate)
            return _places.Values.Any(p => !p.IsGone && p.Network.Vni == gone.Network.Vni && p.Network.Mac == gone.Network.Mac);
    }

    private OverlayPlace? Next()
    {
        lock (_gate)
        {
            if (_open.Count == 0)
            {
                // In the same turn in which nothing was found: who opens one from now on begins anew.
                _work = Task.CompletedTask;
                return null;
            }

            var vm = _open.First();
            _open.Remove(vm);
            var place = _places[vm];
            if (place.IsGone)
                _places.Remove(vm);
            return place;
        }
    }
}
