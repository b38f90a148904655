using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// No common routing. The old address still arrives at the old site, at the anchor, which tunnels it to the target;
/// what the
/// VM sends from it goes back the same way, by a rule and a table of its own, for the new site's routers would drop it.
/// New
/// connections find the new address by name. The tunnel stays after the move, until both its ends are told to release
/// the anchor.
/// </summary>
internal static class TunnelPlan
{
    private const uint FirstTable = 0x0fab_0000;
    private const uint RulePriority = 20_000;

    public static NetworkPlan For(NetworkMove move)
    {
        var spec = move.Spec;
        var tunnel = move.HasTunnel() ? TunnelEnds.Of(move) : null;
        return move.Role switch
        {
            NetworkRole.Target => new NetworkPlan
            {
                Prepare =
                [
                    .. RoutedPlan.OwnTap(spec),
                    .. move.NamedAddresses.Except(spec.Addresses)
                        .Select(a => NetworkWish.For(new MachineNeighbour(spec.Tap!, a, spec.Mac!.Value))),
                    .. tunnel?.Wishes(atTarget: true) ?? [], .. tunnel is null ? [] : WayBack(move, tunnel),
                ],
                Activate =
                [
                    .. RoutedPlan.Arrivals(spec),
                    .. move.NamedAddresses.Except(spec.Addresses)
                        .Select(a => NetworkWish.For(RoutedPlan.Arrival(spec, a))),
                ],
            },
            NetworkRole.Source => new NetworkPlan
            {
                // The anchor may be this very host, and its routes stay.
                Activate = move.Target is null ? [] : [.. Departures(spec, tunnel, move)],
                Release = [.. Departures(spec, tunnel, move), NetworkWish.Without(new TapLink(spec.Tap!))],
            },
            NetworkRole.Anchor => new NetworkPlan
            {
                Prepare = [.. tunnel?.Wishes(atTarget: false) ?? []],
                Activate = [.. tunnel is null ? [] : spec.Addresses.Select(a => NetworkWish.For(tunnel.Route(a, fromTarget: false)))],
                Release = tunnel is null
                    ? []
                    :
                    [
                        .. spec.Addresses.Select(a => NetworkWish.Not(tunnel.Route(a, fromTarget: false))),
                        .. WayBack(move, tunnel).Select(w => NetworkWish.Not(w.Entry)),
                        NetworkWish.Without(tunnel.Link(atTarget: false)),
                    ],
            },
            _ => NetworkPlan.Nothing,
        };
    }

    private static IEnumerable<NetworkWish> WayBack(NetworkMove move, TunnelEnds tunnel)
    {
        var table = FirstTable + (uint)move.Tunnel!.Value;
        foreach (var v6 in move.Spec.Addresses.Select(a => a.IsV6).Distinct())
            yield return NetworkWish.For(tunnel.Default(v6, table, fromTarget: true));
        foreach (var address in move.Spec.Addresses)
            yield return NetworkWish.For(new SenderRule(address, move.Spec.Tap!, table, RulePriority));
    }

    // On a host that is not the anchor the route to the TAP goes; where it is, the anchor replaces it and no gap is
    // left.
    private static IEnumerable<NetworkWish> Departures(NetworkSpec spec, TunnelEnds? tunnel, NetworkMove move) =>
        tunnel is not null && (move.Anchor is null || move.Anchor.Host == move.Source?.Host)
            ? []
            : spec.Addresses.Select(a => NetworkWish.Not(RoutedPlan.Arrival(spec, a)));
}
