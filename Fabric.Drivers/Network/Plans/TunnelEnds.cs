using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// A VXLAN between two hosts. Nothing is asked over it: both ends know each other's MAC address, which follows from the
/// tunnel's number, and each other's next hop, which is the same in each tunnel. It takes packets as large as the VM's;
/// the
/// outer ones are fragmented where the underlay has no room for 50 bytes more.
/// </summary>
internal sealed class TunnelEnds
{
    private static readonly HostAddress SourceHop = HostAddress.Of("169.254.77.1");
    private static readonly HostAddress TargetHop = HostAddress.Of("169.254.77.2");
    private static readonly HostAddress SourceHop6 = HostAddress.Of("fe80::77:1");
    private static readonly HostAddress TargetHop6 = HostAddress.Of("fe80::77:2");
    private readonly NetworkMove _move;
    private readonly int _number;

    private TunnelEnds(NetworkMove move)
    {
        _move = move;
        _number = move.Tunnel!.Value;
    }

    /// <summary>The interface's name, the same at both ends.</summary>
    public string Name => $"ftn{_number}";

    public static TunnelEnds Of(NetworkMove move) => new(move);

    public VxlanLink Link(bool atTarget)
    {
        var (source, target) = (_move.TunnelSource()!.Underlay, _move.Target!.Underlay);
        return new VxlanLink(
            Name, atTarget ? new VxlanSettings(_number, target, source) : new VxlanSettings(_number, source, target));
    }

    /// <summary>The tunnel, ready to send.</summary>
    public IEnumerable<NetworkWish> Wishes(bool atTarget)
    {
        yield return NetworkWish.For(Link(atTarget));
        yield return NetworkWish.For(new LinkMac(Name, EndMac(atTarget)));
        yield return NetworkWish.For(new LinkMtu(Name, _move.Spec.Mtu));
        if (_move.Spec.Addresses.Any(a => !a.IsV6))
        {
            // On an interface without an address even the loose check drops everything.
            yield return NetworkWish.For(new LinkAddress(Name, new InterfaceAddress(Hop(atTarget, v6: false), SourceHop.Bits)));
            yield return RoutedPlan.LoosePaths(Name);
        }

        yield return NetworkWish.For(new LinkUp(Name, Up: true));
        foreach (var v6 in _move.Spec.Addresses.Select(a => a.IsV6).Distinct())
            yield return NetworkWish.For(new MachineNeighbour(Name, Hop(!atTarget, v6), EndMac(!atTarget)));
    }

    /// <summary>The route to the other end.</summary>
    public MachineRoute Route(HostAddress to, bool fromTarget) =>
        new(to, to.IsV6, RouteFacts.Main, Name, Hop(!fromTarget, to.IsV6)) { OnLink = true };

    /// <summary>The default route of a table, to the other end.</summary>
    public MachineRoute Default(bool v6, uint table, bool fromTarget) =>
        new(To: null, v6, table, Name, Hop(!fromTarget, v6)) { OnLink = true };

    private static HostAddress Hop(bool target, bool v6) => (target, v6) switch
    {
        (true, false) => TargetHop,
        (true, true) => TargetHop6,
        (false, false) => SourceHop,
        (false, true) => SourceHop6,
    };

    // 02: of nobody's making.
    private MacAddress EndMac(bool target) =>
        new((0x02fbUL << 32) | ((ulong)_number << 8) | (target ? 2UL : 1UL));
}
