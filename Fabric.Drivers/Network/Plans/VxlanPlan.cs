using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// An overlay with explicit entries and learning off: learning does not recover when a machine moves to a host behind
/// another next hop, for the kernel keeps the route that it had cached. Two tables lead to the VM: the bridge's (which
/// port)
/// and the overlay's (which host). Each host has both at any time, and a flip replaces, so that no packet finds none.
/// </summary>
internal static class VxlanPlan
{
    public static NetworkPlan For(NetworkMove move, NetworkPlace place)
    {
        var spec = move.Spec;
        var (vxlan, bridge, mac) = (spec.VxlanLink(), spec.Bridge!, spec.Mac!.Value);
        var overThere = NetworkWish.For(new PortEntry(bridge, mac, vxlan, IsStatic: true));
        return move.Role switch
        {
            NetworkRole.Target => new NetworkPlan
            {
                Prepare =
                [
                    .. Overlay(move, place, move.Target!.Underlay),
                    .. NetworkPlan.BridgedTap(spec),
                    .. Neighbours(spec).Select(NetworkWish.For),
                    .. move.Source is { } source
                        ? [NetworkWish.For(new RemoteEntry(vxlan, mac, source.Underlay)), overThere]
                        : Array.Empty<NetworkWish>(),
                ],
                Activate =
                [
                    NetworkWish.For(new PortEntry(bridge, mac, spec.Tap!, IsStatic: true)),
                    NetworkWish.Without(new RemoteEntry(vxlan, mac, move.Target.Underlay)),
                ],
            },
            // The overlay's entry first: when the bridge sends there, it must be right.
            NetworkRole.Source => new NetworkPlan
            {
                Activate = move.Target is { } target
                    ? [NetworkWish.For(new RemoteEntry(vxlan, mac, target.Underlay)), overThere]
                    : [],
                Release =
                [
                    NetworkWish.Not(new PortEntry(bridge, mac, spec.Tap!, IsStatic: false)),
                    NetworkWish.Without(new TapLink(spec.Tap!)),
                    .. Neighbours(spec).Select(NetworkWish.Not),
                ],
            },
            NetworkRole.Vtep => new NetworkPlan
            {
                Activate =
                [
                    NetworkWish.For(new RemoteEntry(vxlan, mac, move.Target!.Underlay)), overThere,
                    .. Floods(move, vxlan, place.Underlay),
                ],
                Release =
                [
                    NetworkWish.Not(overThere.Entry),
                    NetworkWish.Without(new RemoteEntry(vxlan, mac, move.Target.Underlay)),
                ],
            },
            NetworkRole.Router => RouterPlan.For(move, ahead: false),
            _ => NetworkPlan.Nothing,
        };
    }

    private static IEnumerable<NetworkWish> Overlay(NetworkMove move, NetworkPlace place, HostAddress local)
    {
        var spec = move.Spec;
        var (vxlan, bridge) = (spec.VxlanLink(), spec.Bridge!);
        yield return NetworkWish.Shared(
            new VxlanLink(vxlan, new VxlanSettings(spec.Vni!.Value, place.Underlay ?? local)));
        yield return NetworkWish.Shared(new LinkMtu(vxlan, spec.Mtu));
        yield return NetworkWish.Shared(new LinkMaster(vxlan, bridge));
        yield return NetworkWish.Shared(new PortLearning(vxlan, Learning: false));
        yield return NetworkWish.Shared(new LinkUp(vxlan, Up: true));
        foreach (var flood in Floods(move, vxlan, local))
            yield return flood;
        if (spec.GatewayMac is not { } gateway)
            yield break;
        yield return NetworkWish.Shared(new LinkMac(bridge, gateway));
        foreach (var address in spec.Gateways)
            yield return NetworkWish.Shared(new LinkAddress(bridge, address));
    }

    private static IEnumerable<NetworkWish> Floods(NetworkMove move, string vxlan, HostAddress? local) =>
        move.Members.Where(m => m != local).Select(m => NetworkWish.Shared(new FloodEntry(vxlan, m)));

    // A gateway that has to ask first would ask a guest that has just been let run: its own packets wait for the answer.
    private static IEnumerable<NetworkEntry> Neighbours(NetworkSpec spec) => spec.Addresses
        .Where(a => spec.Gateways.Any(g => g.Address.IsV6 == a.IsV6))
        .Select(a => new MachineNeighbour(spec.Bridge!, a, spec.Mac!.Value));
}
