using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>What would keep a host from its part of a move; throws the first that it finds. Changes nothing.</summary>
internal static class NetworkPrecheck
{
    private const string YesText = "1";

    public static void Run(NetworkMove move, NetworkPlace place, INetworkState state)
    {
        if (move.Spec.Kind == NetworkKind.None)
            return;
        if (state.Lacking() is { } lacking)
            throw new NetworkException(
                NetworkFault.NotPermitted, "this program", $"it lacks the capabilities {lacking}",
                "Run the node as root, or give its service AmbientCapabilities= of these.");
        if (move.Role == NetworkRole.Target)
            Target(move, place, state);
        if (move.Role == NetworkRole.Vtep)
            _ = Overlay(move.Spec, Link(state, move.Spec.VxlanLink()));
        if (NeedsForwarding(move))
            Forwarding(move.Spec, state);
        if (move.HasTunnel() && OwnEnd(move) is { } end)
            _ = Underlay(end.Underlay, state);
    }

    /// <summary>A TAP that a program holds has a guest behind it, and is not taken away.</summary>
    public static void TapIsFree(NetworkSpec spec, INetworkState state)
    {
        if (spec.Tap is { } tap && state.Link(tap) is { Kind: LinkKinds.Tun, IsUp: true, HasCarrier: true })
            throw Unfit(tap, "a program holds the TAP", "End the guest's process first, or name another TAP.");
    }

    private static void Target(NetworkMove move, NetworkPlace place, INetworkState state)
    {
        var spec = move.Spec;
        var bridge = spec.Bridge is { } name ? Bridge(state, name) : null;
        Tap(spec, bridge, state);
        NobodyElse(spec, state);
        if (bridge is not null)
            TargetBridge.Check(spec, bridge, place, state);
        if (spec.Kind == NetworkKind.Vxlan)
            OverlayFits(move, state);
    }

    private static void Tap(NetworkSpec spec, LinkFacts? bridge, INetworkState state)
    {
        if (state.Link(spec.Tap!) is not { } tap)
            return;
        if (tap.Kind is not LinkKinds.Tun)
            throw Unfit(tap.Name, $"it is an interface of kind '{tap.Kind}', not a TAP", "Name another TAP.");
        TapIsFree(spec, state);
        if (tap.Master != 0 && tap.Master != bridge?.Index)
            throw Unfit(tap.Name, "it is a port of another bridge", "Take it off that bridge, or name another TAP.");
    }

    private static void NobodyElse(NetworkSpec spec, INetworkState state)
    {
        if (state.Links().FirstOrDefault(l => l.Mac == spec.Mac) is { } same)
            throw new NetworkException(
                NetworkFault.MacInUse, same.Name, $"this interface of the host has the VM's MAC address {spec.Mac}",
                "Give one of the two another MAC address.");
        if (state.Addresses().FirstOrDefault(a => spec.Addresses.Contains(a.Address.Address)) is { } own)
            throw new NetworkException(
                NetworkFault.AddressInUse, own.Address.Value, "the VM's address is one of this host's own",
                "Give one of the two another address.");
    }

    private static void OverlayFits(NetworkMove move, INetworkState state)
    {
        var (spec, local) = (move.Spec, move.Target!.Underlay);
        var underlay = Underlay(local, state);
        var room = underlay.Mtu - (local.IsV6 ? Limits.Network.VxlanOverheadV6 : Limits.Network.VxlanOverheadV4);
        if (spec.Mtu > room)
            throw new NetworkException(
                NetworkFault.OverlayMtu, underlay.Name,
                $"packets of {spec.Mtu} bytes do not fit into its {underlay.Mtu}: the overlay takes {underlay.Mtu - room}",
                $"Give the VM's network an MTU of at most {room}, or the underlay one of at least {spec.Mtu + underlay.Mtu - room}.");
        var name = spec.VxlanLink();
        if (state.Link(name) is { } there)
            _ = Overlay(spec, there);
        else if (state.Links().FirstOrDefault(l => l.Vxlan?.Vni == spec.Vni) is { } other)
            throw Unfit(
                other.Name, $"it is overlay {spec.Vni} already, under another name",
                $"Rename it to {name}, or take it away: its entries are not looked after.");
    }

    private static LinkFacts Overlay(NetworkSpec spec, LinkFacts link)
    {
        if (link.Vxlan is not { } vxlan || vxlan.Vni != spec.Vni || vxlan.Remote is not null)
            throw Unfit(link.Name, $"it is not overlay {spec.Vni}", "Take it away; it is made when it is needed.");
        return !vxlan.Learning
            ? link
            : throw Unfit(
                link.Name, "it learns who is where, which does not recover across sites",
                "Take it away; it is made without learning when it is needed.");
    }

    private static void Forwarding(NetworkSpec spec, INetworkState state)
    {
        var settings = spec.Addresses.Select(a => a.IsV6 ? "ipv6/conf/all/forwarding" : "ipv4/ip_forward");
        foreach (var path in settings.Distinct(StringComparer.Ordinal))
        {
            if (!string.Equals(state.Setting(path), YesText, StringComparison.Ordinal))
                throw new NetworkException(
                    NetworkFault.ForwardingOff, path, "this host passes no packets on, and the VM's would end here",
                    $"Set net.{path.Replace('/', '.')} = 1 in /etc/sysctl.d.");
        }
    }

    private static LinkFacts Underlay(HostAddress local, INetworkState state)
    {
        var own = state.Addresses().FirstOrDefault(a => a.Address.Address == local) ?? throw new NetworkException(
            NetworkFault.UnderlayMissing, local.Value, "the host is known by this address and does not have it",
            "Correct the host's underlay address, or add it to an interface.");
        return state.Links().First(l => l.Index == own.Link);
    }

    private static LinkFacts Bridge(INetworkState state, string name)
    {
        var bridge = Link(state, name);
        if (bridge.Kind is not LinkKinds.Bridge)
            throw Unfit(name, $"it is an interface of kind '{bridge.Kind}', not a bridge", "Name a bridge.");
        return bridge.IsUp ? bridge : throw Unfit(name, "the bridge is down", $"Set it up: 'ip link set {name} up'.");
    }

    private static LinkFacts Link(INetworkState state, string name) => state.Link(name) ?? throw KernelNetwork.Missing(name);

    private static bool NeedsForwarding(NetworkMove move) => move.Role == NetworkRole.Router
        || (move.Spec.Kind is NetworkKind.Routed or NetworkKind.Tunnel
            && (move.Role != NetworkRole.Source || move.HasTunnel()));

    private static NetworkEnd? OwnEnd(NetworkMove move) => move.Role switch
    {
        NetworkRole.Target => move.Target,
        NetworkRole.Source when move.Spec.Kind == NetworkKind.Routed => move.Source,
        NetworkRole.Anchor => move.TunnelSource(),
        _ => null,
    };

    internal static NetworkException Unfit(string where, string what, string advice) =>
        new(NetworkFault.LinkUnfit, where, what, advice);
}
