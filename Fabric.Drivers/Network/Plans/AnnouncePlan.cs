using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// One Ethernet on both sides. Switches learn where the VM is from what it sends; after the flip five rounds of frames
/// in
/// its name teach them at once. The two bridges at the ends are told directly: what is sent on a bridge's own interface
/// teaches the bridge itself nothing.
/// </summary>
internal static class AnnouncePlan
{
    public static NetworkPlan For(NetworkMove move)
    {
        var spec = move.Spec;
        // Static, for a bridge refuses others behind a port that nobody holds yet. It still gives way to what is
        // learned.
        var here = new PortEntry(spec.Bridge!, spec.Mac!.Value, spec.Tap!, IsStatic: true);
        var notHere = NetworkWish.Not(here with { IsStatic = false });
        return move.Role switch
        {
            NetworkRole.Target => new NetworkPlan
            {
                Prepare = [.. NetworkPlan.BridgedTap(spec)],
                Activate = [NetworkWish.For(here)],
                AnnounceOn = spec.Bridge,
            },
            NetworkRole.Source => new NetworkPlan
            {
                Activate = [notHere],
                Release = [notHere, NetworkWish.Without(new TapLink(spec.Tap!))],
            },
            _ => NetworkPlan.Nothing,
        };
    }
}
