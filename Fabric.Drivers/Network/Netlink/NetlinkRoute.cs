using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>
/// The kernel's interfaces, addresses, routes, neighbours, forwarding entries and rules, in one network namespace.
/// Every
/// change is acknowledged by the kernel before a method returns; a removal of what is not there is done. Throws
/// <see cref="NetlinkException"/>. One question at a time, a lock orders them.
/// </summary>
public sealed class NetlinkRoute : IDisposable
{
    private static readonly MacAddress Everybody = default;
    private readonly NetlinkConversation _kernel;

    internal NetlinkRoute(INetlinkChannel channel) => _kernel = new NetlinkConversation(channel);

    /// <summary>Opens a socket there, and stays there.</summary>
    public static NetlinkRoute Open(NetworkNamespace place) => new(NetlinkSocket.Open(place));

    /// <inheritdoc/>
    public void Dispose() => _kernel.Dispose();

    /// <summary>Null when there is none.</summary>
    public LinkFacts? Link(string name) =>
        _kernel.Get((b, s) => LinkMessages.Get(b, s, name), LinkMessages.Parse);

    /// <summary>Null when there is none.</summary>
    public LinkFacts? Link(int index) =>
        _kernel.Get((b, s) => LinkMessages.Get(b, s, index), LinkMessages.Parse);

    /// <summary>All interfaces.</summary>
    public IReadOnlyList<LinkFacts> Links() => _kernel.Read(LinkMessages.Dump, LinkMessages.Parse);

    public void CreateVxlan(string name, VxlanSettings vxlan) =>
        _kernel.Change((b, s) => LinkMessages.CreateVxlan(b, s, name, vxlan));

    public void CreateBridge(string name) => _kernel.Change((b, s) => LinkMessages.CreateBridge(b, s, name));

    /// <summary>Makes a pair; the peer is in the namespace that the open file stands for, or here.</summary>
    public void CreateVeth(string name, string peer, int? peerNamespace = null) =>
        _kernel.Change((b, s) => LinkMessages.CreateVeth(b, s, name, peer, peerNamespace));

    public void DeleteLink(int index) => Remove((b, s) => LinkMessages.Delete(b, s, index));

    public void SetUp(int index, bool up) => _kernel.Change((b, s) => LinkMessages.SetUp(b, s, index, up));

    /// <summary>Makes it a port of a bridge; 0 is none.</summary>
    public void SetMaster(int index, int master) =>
        _kernel.Change((b, s) => LinkMessages.SetMaster(b, s, index, master));

    public void SetMtu(int index, int mtu) => _kernel.Change((b, s) => LinkMessages.SetMtu(b, s, index, mtu));

    public void SetQueueLength(int index, int packets) =>
        _kernel.Change((b, s) => LinkMessages.SetQueue(b, s, index, packets));

    public void SetMac(int index, MacAddress mac) => _kernel.Change((b, s) => LinkMessages.SetMac(b, s, index, mac));

    public void SetPortLearning(int index, bool learning) =>
        _kernel.Change((b, s) => LinkMessages.SetPortLearning(b, s, index, learning));

    public IReadOnlyList<AddressFacts> Addresses() => _kernel.Read(AddressMessages.Dump, AddressMessages.Parse);

    public void AddAddress(int link, InterfaceAddress address) =>
        _kernel.Change((b, s) => AddressMessages.Add(b, s, link, address));

    public void DeleteAddress(int link, InterfaceAddress address) =>
        Remove((b, s) => AddressMessages.Delete(b, s, link, address));

    /// <summary>The route to one machine (or the default route) of a table; null when there is none.</summary>
    public RouteFacts? Route(HostAddress? to, bool isV6, uint table) =>
        // A table that does not exist yet is refused, not empty: as one thing that is not there.
        _kernel.Get(
            (b, s) => RouteMessages.Dump(b, s, isV6, table),
            m => RouteMessages.Parse(m) is { } r && r.To == to && r.Table == table ? r : null);

    /// <summary>Makes the route, in place of one to the same destination: no packet finds none.</summary>
    public void ReplaceRoute(RouteFacts route) => _kernel.Change((b, s) => RouteMessages.Replace(b, s, route));

    public void DeleteRoute(RouteFacts route) => Remove((b, s) => RouteMessages.Delete(b, s, route));

    /// <summary>Null when there is none.</summary>
    public NeighbourFacts? Neighbour(int link, HostAddress address) =>
        _kernel.Get((b, s) => NeighbourMessages.Get(b, s, link, address), NeighbourMessages.Parse);

    public void ReplaceNeighbour(int link, HostAddress address, MacAddress mac) =>
        _kernel.Change((b, s) => NeighbourMessages.Replace(b, s, link, address, mac));

    public void DeleteNeighbour(int link, HostAddress address) =>
        Remove((b, s) => NeighbourMessages.Delete(b, s, link, address));

    /// <summary>Behind which port a bridge has the address; null when it does not know.</summary>
    public NeighbourFacts? PortOf(int bridge, MacAddress mac) =>
        _kernel.Get((b, s) => NeighbourMessages.GetPort(b, s, bridge, mac), NeighbourMessages.Parse);

    public void ReplacePort(int port, MacAddress mac, bool isStatic) =>
        _kernel.Change((b, s) => NeighbourMessages.ReplacePort(b, s, port, mac, isStatic));

    public void DeletePort(int port, MacAddress mac) =>
        Remove((b, s) => NeighbourMessages.DeletePort(b, s, port, mac));

    /// <summary>An overlay's entries for one address.</summary>
    public IReadOnlyList<NeighbourFacts> Remotes(int vxlan, MacAddress mac) => _kernel.Read(
        NeighbourMessages.DumpForwarding,
        m => NeighbourMessages.Parse(m) is { } n && n.Link == vxlan && n.Mac == mac && n.Bridge == 0 ? n : null);

    /// <summary>Makes the host the only one behind the address.</summary>
    public void ReplaceRemote(int vxlan, MacAddress mac, HostAddress host) =>
        _kernel.Change((b, s) => NeighbourMessages.PutRemote(b, s, vxlan, mac, host, append: false));

    public void DeleteRemote(int vxlan, MacAddress mac, HostAddress? host = null) =>
        Remove((b, s) => NeighbourMessages.DeleteRemote(b, s, vxlan, mac, host));

    /// <summary>The hosts that get what is sent to everybody.</summary>
    public IReadOnlyList<NeighbourFacts> Flooded(int vxlan) => Remotes(vxlan, Everybody);

    public void AddFlooded(int vxlan, HostAddress host) =>
        _kernel.Change((b, s) => NeighbourMessages.PutRemote(b, s, vxlan, Everybody, host, append: true));

    public void DeleteFlooded(int vxlan, HostAddress host) => DeleteRemote(vxlan, Everybody, host);

    public IReadOnlyList<RuleFacts> Rules(bool isV6) =>
        _kernel.Read((b, s) => RuleMessages.Dump(b, s, isV6), RuleMessages.Parse);

    /// <summary>Makes the rule; one that is there already is left.</summary>
    public void AddRule(RuleFacts rule)
    {
        try
        {
            _kernel.Change((b, s) => RuleMessages.Add(b, s, rule));
        }
        catch (NetlinkException e) when (e.IsPresence)
        {
            // The very same rule: the kernel compares all of it.
        }
    }

    public void DeleteRule(RuleFacts rule) => Remove((b, s) => RuleMessages.Delete(b, s, rule));

    private void Remove(RequestWriter write)
    {
        try
        {
            _kernel.Change(write);
        }
        catch (NetlinkException e) when (e.IsAbsence)
        {
            // It is not there: done.
        }
    }
}
