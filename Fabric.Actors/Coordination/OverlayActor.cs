using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// Tells every host where the VMs of overlays are, as soon as that is in a VM's stream: a host that is neither end of a
/// migration would else go on sending to where the VM was. It has no journal: what it knows it reads from the VMs, and a
/// host is told all of it when it connects.
/// </summary>
public sealed class OverlayActor(IHostLinks hosts) : Actor
{
    /// <summary>The name of the only one.</summary>
    public const string Only = "all";

    private readonly Dictionary<HostId, HostAddress> _underlays = [];
    private readonly Dictionary<VmId, RunsAt> _vms = [];
    private readonly List<VmId> _gone = [];
    private readonly List<IDisposable> _subscriptions = [];

    private sealed record RunsAt(HostId Owner, long Epoch, NetworkSpec Network, bool IsGone);

    /// <inheritdoc/>
    protected override ValueTask PreStart()
    {
        _subscriptions.Add(Context.System.EventStream.Subscribe<VmNews>(Self));
        _subscriptions.Add(Context.System.EventStream.Subscribe<HostSaid>(Self));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask PostStop()
    {
        _subscriptions.ForEach(static s => s.Dispose());
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask ReceiveAsync(object message)
    {
        switch (message)
        {
            case Wake:
                break;
            case VmNews { IsGone: true } news:
                Gone(news.Vm);
                break;
            case VmNews news:
                // It reads its stream before it answers.
                Context.System.Entity(EntityKinds.Vm, news.Vm.Value).Tell(Describe.State, Self);
                break;
            case KnownVm vm:
                Heard(vm);
                break;
            case VmState:
                break;
            case HostSaid { Facts.Underlay: { } underlay } said:
                Heard(said.Host, underlay);
                break;
            case HostSaid said:
                _underlays.Remove(said.Host);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for overlays");
        }

        return ValueTask.CompletedTask;
    }

    private void Heard(KnownVm vm)
    {
        if (vm.Spec.Network is not { Kind: NetworkKind.Vxlan } network)
            return;
        var now = new RunsAt(vm.Owner, vm.Epoch, network, IsGone: false);
        if (_vms.TryGetValue(vm.Spec.Id, out var known)
            && (known.Owner, known.Epoch, known.IsGone) == (now.Owner, now.Epoch, now.IsGone))
            return;
        _vms[vm.Spec.Id] = now;
        _gone.Remove(vm.Spec.Id);
        TellAll([vm.Spec.Id], _underlays.Keys);
    }

    /// <summary>It is remembered for a while: hosts that are away are told when they come.</summary>
    private void Gone(VmId vm)
    {
        if (!_vms.TryGetValue(vm, out var known) || known.IsGone)
            return;
        _vms[vm] = known with { IsGone = true };
        _gone.Add(vm);
        TellAll([vm], _underlays.Keys);
        if (_gone.Count <= Limits.Network.OverlayGoneMax)
            return;
        _vms.Remove(_gone[0]);
        _gone.RemoveAt(0);
    }

    /// <summary>One that comes again may have forgotten everything; one that is new is news for the others.</summary>
    private void Heard(HostId host, HostAddress underlay)
    {
        var isNew = !_underlays.TryGetValue(host, out var known) || known != underlay;
        _underlays[host] = underlay;
        TellAll(_vms.Keys, isNew ? _underlays.Keys : [host]);
    }

    private void TellAll(IEnumerable<VmId> vms, IEnumerable<HostId> to)
    {
        HostAddress[] members = [.. _underlays.Values.Distinct().Take(Limits.Network.MembersMax)];
        foreach (var vm in vms)
        {
            var at = _vms[vm];
            // An owner that has not connected since this coordinator began is told of when it has.
            if (!_underlays.TryGetValue(at.Owner, out var underlay))
                continue;
            var place = new OverlayPlace(vm, at.Epoch, at.Network, new NetworkEnd(at.Owner, underlay))
            {
                Members = members,
                IsGone = at.IsGone,
            };
            foreach (var host in to)
                hosts.TrySend(host, place);
        }
    }
}
