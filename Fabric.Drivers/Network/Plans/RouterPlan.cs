using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>A router on the way: its route to the VM alone leads to the host that the VM is on.</summary>
internal static class RouterPlan
{
    /// <param name="move">The move.</param>
    /// <param name="ahead">The target passes on to the source until the flip, so the route may lead there in
    /// advance.</param>
    public static NetworkPlan For(NetworkMove move, bool ahead)
    {
        var via = move.TargetVia ?? move.Target!.Underlay;
        NetworkWish[] routes =
        [
            .. move.Spec.Addresses.Where(a => a.IsV6 == via.IsV6)
                .Select(a => NetworkWish.For(new MachineRoute(a, a.IsV6, RouteFacts.Main, Link: null, via))),
        ];
        return new NetworkPlan { Prepare = ahead ? routes : [], Activate = routes };
    }
}
