using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// A route to the VM alone. Its card is a TAP of the host's own, where the host is its gateway, answers for everybody
/// (proxy
/// ARP) and knows the VM's MAC for good: a route that is there before the VM would else leave a failed neighbour, which
/// costs up to 0.75 s. With the relay, routers already lead to the target, which tunnels to the source until one local
/// route
/// flips.
/// </summary>
internal static class RoutedPlan
{
    private const string On = "1";
    private const string Loose = "2";
    private const string V4 = "ipv4/conf";

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
                    .. OwnTap(spec), .. tunnel?.Wishes(atTarget: true) ?? [],
                    .. tunnel is null ? [] : spec.Addresses.Select(a => NetworkWish.For(tunnel.Route(a, fromTarget: true))),
                ],
                Activate = [.. Arrivals(spec)],
                Release = tunnel is null ? [] : [NetworkWish.Without(tunnel.Link(atTarget: true))],
            },
            NetworkRole.Source => new NetworkPlan
            {
                Prepare = [.. tunnel?.Wishes(atTarget: false) ?? []],
                Activate =
                [
                    .. tunnel is null
                        ? spec.Addresses.Select(a => NetworkWish.Not(Arrival(spec, a)))
                        : spec.Addresses.Select(a => NetworkWish.For(tunnel.Route(a, fromTarget: false))),
                ],
                Release =
                [
                    .. spec.Addresses.Select(a => NetworkWish.Not(Arrival(spec, a))),
                    .. tunnel is null
                        ? []
                        : spec.Addresses.Select(a => NetworkWish.Not(tunnel.Route(a, fromTarget: false)))
                            .Append(NetworkWish.Without(tunnel.Link(atTarget: false))),
                    NetworkWish.Without(new TapLink(spec.Tap!)),
                ],
            },
            NetworkRole.Router => RouterPlan.For(move, ahead: tunnel is not null),
            _ => NetworkPlan.Nothing,
        };
    }

    /// <summary>The TAP with the host as the VM's gateway behind it; no route leads to it yet.</summary>
    internal static IEnumerable<NetworkWish> OwnTap(NetworkSpec spec)
    {
        var tap = spec.Tap!;
        yield return NetworkWish.For(new TapLink(tap));
        yield return NetworkWish.For(new LinkMac(tap, spec.GatewayMac!.Value));
        yield return NetworkWish.For(new LinkMtu(tap, spec.Mtu));
        yield return NetworkWish.For(new LinkQueue(tap, Limits.Network.TapQueuePackets));
        if (spec.Addresses.Any(a => !a.IsV6))
        {
            yield return NetworkWish.For(new LinkSetting(tap, V4, "proxy_arp", On));
            // Proxy ARP waits up to 0.8 s before it answers, unless told not to.
            yield return NetworkWish.For(new LinkSetting(tap, "ipv4/neigh", "proxy_delay", "0"));
        }

        yield return NetworkWish.For(new LinkUp(tap, Up: true));
        foreach (var gateway in spec.Gateways)
            yield return NetworkWish.For(new LinkAddress(tap, gateway));
        foreach (var address in spec.Addresses)
            yield return NetworkWish.For(new MachineNeighbour(tap, address, spec.Mac!.Value));
    }

    /// <summary>The routes to the VM's TAP.</summary>
    internal static IEnumerable<NetworkWish> Arrivals(NetworkSpec spec) =>
        spec.Addresses.Select(a => NetworkWish.For(Arrival(spec, a)));

    internal static MachineRoute Arrival(NetworkSpec spec, HostAddress address) =>
        new(address, address.IsV6, RouteFacts.Main, spec.Tap, Via: null);

    /// <summary>
    /// What comes by a tunnel has senders that are elsewhere: the strict check of paths would drop it.
    /// </summary>
    internal static NetworkWish LoosePaths(string link) =>
        NetworkWish.For(new LinkSetting(link, V4, "rp_filter", Loose));

}
