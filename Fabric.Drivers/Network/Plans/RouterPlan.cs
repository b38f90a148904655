using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// A router on the way: its route to the VM alone leads to the host that the VM is on. When the VM ends, the route goes, if
/// it still leads to where that was: a VM that is elsewhere by now has been led to by others.
/// </summary>
internal static class RouterPlan
{
    /// <param name="move">The move.</param>
    /// <param name="ahead">The target passes on to the source until the flip, so the route may lead there in
    /// advance.</param>
    public static NetworkPlan For(NetworkMove move, bool ahead)
    {
        if (move.Target is not { } target)
        {
            var last = move.SourceVia ?? move.Source!.Underlay;
            return new NetworkPlan { Release = [.. Routes(move, last).Select(NetworkWish.Not)] };
        }

        NetworkWish[] routes = [.. Routes(move, move.TargetVia ?? target.Underlay).Select(NetworkWish.For)];
        return new NetworkPlan { Prepare = ahead ? routes : [], Activate = routes };
    }

    private static IEnumerable<MachineRoute> Routes(NetworkMove move, HostAddress via) =>
        move.Spec.Addresses.Where(a => a.IsV6 == via.IsV6)
            .Select(a => new MachineRoute(a, a.IsV6, RouteFacts.Main, Link: null, via));
}
