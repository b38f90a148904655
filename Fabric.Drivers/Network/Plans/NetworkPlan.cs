using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// What a host wants of its kernel for a move. Pure: the same move gives the same wishes, in the order of doing.
/// </summary>
internal sealed record NetworkPlan
{
    public static NetworkPlan Nothing { get; } = new();

    /// <summary>All but the flip; nothing of it carries the VM's traffic yet.</summary>
    public IReadOnlyList<NetworkWish> Prepare { get; init; } = [];

    /// <summary>The flip.</summary>
    public IReadOnlyList<NetworkWish> Activate { get; init; } = [];

    /// <summary>What only the move needed goes.</summary>
    public IReadOnlyList<NetworkWish> Release { get; init; } = [];

    /// <summary>The interface to announce the VM on after the flip; null for none.</summary>
    public string? AnnounceOn { get; init; }

    /// <summary>The plan; the move has no faults.</summary>
    public static NetworkPlan For(NetworkMove move, NetworkPlace place) => move.Spec.Kind switch
    {
        NetworkKind.None => Nothing,
        NetworkKind.Announce => AnnouncePlan.For(move),
        NetworkKind.Vxlan => VxlanPlan.For(move, place),
        NetworkKind.Routed => RoutedPlan.For(move),
        NetworkKind.Tunnel => TunnelPlan.For(move),
        _ => throw new ArgumentOutOfRangeException(nameof(move), move.Spec.Kind, "not a kind of network"),
    };

    /// <summary>The TAP as a bridge's port.</summary>
    internal static IEnumerable<NetworkWish> BridgedTap(NetworkSpec spec)
    {
        var tap = spec.Tap!;
        return
        [
            NetworkWish.For(new TapLink(tap)),
            NetworkWish.For(new LinkMac(tap, PortMac(spec.Mac!.Value))),
            NetworkWish.For(new LinkMtu(tap, spec.Mtu)),
            NetworkWish.For(new LinkQueue(tap, Limits.Network.TapQueuePackets)),
            NetworkWish.For(new LinkMaster(tap, spec.Bridge)),
            NetworkWish.For(new LinkUp(tap, Up: true)),
        ];
    }

    // A bridge without an address of its own takes the least of its ports': the TAP's must be high, or the bridge,
    // which
    // may be how this host is reached, would change its own when a VM comes.
    internal static MacAddress PortMac(MacAddress vm)
    {
        const ulong low40 = (1UL << 40) - 1;
        var high = new MacAddress((0xfeUL << 40) | (vm.Bits & low40));
        return high == vm ? new MacAddress((0xfaUL << 40) | (vm.Bits & low40)) : high;
    }
}
