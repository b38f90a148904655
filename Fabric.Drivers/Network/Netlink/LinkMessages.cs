using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>
/// Messages about interfaces. The fixed part (ifinfomsg): family, padding, type 2, index 4, flags 4, change 4.
/// </summary>
internal static class LinkMessages
{
    private const int FixedSize = 16;

    public static int Get(Span<byte> buffer, uint sequence, string name)
    {
        var w = Begin(buffer, sequence, MessageType.GetLink, MessageFlags.None);
        w.Attribute(Attribute.LinkName, name);
        return w.Finish();
    }

    public static int Get(Span<byte> buffer, uint sequence, int index)
    {
        var w = Begin(buffer, sequence, MessageType.GetLink, MessageFlags.None, index);
        return w.Finish();
    }

    public static int Dump(Span<byte> buffer, uint sequence)
    {
        var w = Begin(buffer, sequence, MessageType.GetLink, MessageFlags.Dump);
        return w.Finish();
    }

    public static int Delete(Span<byte> buffer, uint sequence, int index)
    {
        var w = Begin(buffer, sequence, MessageType.DelLink, MessageFlags.None, index);
        return w.Finish();
    }

    public static int SetUp(Span<byte> buffer, uint sequence, int index, bool up)
    {
        var w = Begin(
            buffer, sequence, MessageType.NewLink, MessageFlags.None, index, up ? LinkFlags.Up : LinkFlags.None, LinkFlags.Up);
        return w.Finish();
    }

    /// <summary>Master 0 is none.</summary>
    public static int SetMaster(Span<byte> buffer, uint sequence, int index, int master)
    {
        var w = Begin(buffer, sequence, MessageType.NewLink, MessageFlags.None, index);
        w.Attribute(Attribute.LinkMaster, (uint)master);
        return w.Finish();
    }

    public static int SetMtu(Span<byte> buffer, uint sequence, int index, int mtu)
    {
        var w = Begin(buffer, sequence, MessageType.NewLink, MessageFlags.None, index);
        w.Attribute(Attribute.LinkMtu, (uint)mtu);
        return w.Finish();
    }

    public static int SetQueue(Span<byte> buffer, uint sequence, int index, int packets)
    {
        var w = Begin(buffer, sequence, MessageType.NewLink, MessageFlags.None, index);
        w.Attribute(Attribute.LinkQueueLength, (uint)packets);
        return w.Finish();
    }

    public static int SetMac(Span<byte> buffer, uint sequence, int index, MacAddress mac)
    {
        var w = Begin(buffer, sequence, MessageType.NewLink, MessageFlags.None, index);
        PutMac(ref w, Attribute.LinkAddress, mac);
        return w.Finish();
    }

    /// <summary>Whether a bridge learns what is behind this port of it.</summary>
    public static int SetPortLearning(Span<byte> buffer, uint sequence, int index, bool learning)
    {
        var w = Begin(buffer, sequence, MessageType.NewLink, MessageFlags.None, index);
        var info = w.BeginNested(Attribute.LinkInfo);
        w.Attribute(Attribute.InfoPortKind, LinkKinds.Bridge);
        var data = w.BeginNested(Attribute.InfoPortData);
        w.Attribute(Attribute.PortLearning, learning ? (byte)1 : (byte)0);
        w.EndNested(data);
        w.EndNested(info);
        return w.Finish();
    }

    public static int CreateVxlan(Span<byte> buffer, uint sequence, string name, VxlanSettings vxlan)
    {
        var w = BeginCreate(buffer, sequence, name);
        var info = w.BeginNested(Attribute.LinkInfo);
        w.Attribute(Attribute.InfoKind, LinkKinds.Vxlan);
        var data = w.BeginNested(Attribute.InfoData);
        w.Attribute(Attribute.VxlanId, (uint)vxlan.Vni);
        var v6 = vxlan.Local.IsV6;
        NetlinkAddress.Put(ref w, v6 ? Attribute.VxlanLocal6 : Attribute.VxlanLocal, vxlan.Local);
        if (vxlan.Remote is { } remote)
            NetlinkAddress.Put(ref w, v6 ? Attribute.VxlanRemote6 : Attribute.VxlanRemote, remote);
        w.Attribute(Attribute.VxlanLearning, vxlan.Learning ? (byte)1 : (byte)0);
        w.AttributeBigEndian(Attribute.VxlanPort, (ushort)vxlan.Port);
        w.EndNested(data);
        w.EndNested(info);
        return w.Finish();
    }

    public static int CreateBridge(Span<byte> buffer, uint sequence, string name)
    {
        var w = BeginCreate(buffer, sequence, name);
        var info = w.BeginNested(Attribute.LinkInfo);
        w.Attribute(Attribute.InfoKind, LinkKinds.Bridge);
        var data = w.BeginNested(Attribute.InfoData);
        w.Attribute(Attribute.BridgeForwardDelay, 0u);
        w.Attribute(Attribute.BridgeStp, 0u);
        w.EndNested(data);
        w.EndNested(info);
        return w.Finish();
    }

    /// <summary>The peer may be in another namespace, named by an open file of it.</summary>
    public static int CreateVeth(Span<byte> buffer, uint sequence, string name, string peer, int? peerNamespace)
    {
        var w = BeginCreate(buffer, sequence, name);
        var info = w.BeginNested(Attribute.LinkInfo);
        w.Attribute(Attribute.InfoKind, LinkKinds.Veth);
        var data = w.BeginNested(Attribute.InfoData);
        var other = w.BeginNested(Attribute.VethPeer);
        PutFixed(ref w, 0, LinkFlags.None, LinkFlags.None);
        w.Attribute(Attribute.LinkName, peer);
        if (peerNamespace is { } file)
            w.Attribute(Attribute.LinkNamespace, (uint)file);
        w.EndNested(other);
        w.EndNested(data);
        w.EndNested(info);
        return w.Finish();
    }

    public static LinkFacts? Parse(NetlinkMessage message)
    {
        if (message.Type != MessageType.NewLink)
            return null;
        var attributes = new AttributeReader(message.After(FixedSize));
        var flags = (LinkFlags)MemoryMarshal.Read<uint>(message.Body[8..]);
        var facts = new LinkFacts(MemoryMarshal.Read<int>(message.Body[4..]), "", flags.HasFlag(LinkFlags.Up))
        {
            HasCarrier = flags.HasFlag(LinkFlags.LowerUp),
        };
        while (attributes.MoveNext())
        {
            facts = attributes.Type switch
            {
                Attribute.LinkName => facts with { Name = attributes.AsText() },
                Attribute.LinkAddress => facts with { Mac = attributes.AsMac() },
                Attribute.LinkMtu => facts with { Mtu = (int)attributes.AsUInt32() },
                Attribute.LinkMaster => facts with { Master = (int)attributes.AsUInt32() },
                Attribute.LinkQueueLength => facts with { QueueLength = (int)attributes.AsUInt32() },
                Attribute.LinkStatistics => facts with { Received = ReceivedOf(attributes.Value) },
                Attribute.LinkInfo => LinkInfo.Parse(attributes.Value, facts),
                _ => facts,
            };
        }

        return facts;
    }

    // rtnl_link_stats64: packets received, packets sent, bytes received, bytes sent, ...
    private static TunnelTraffic ReceivedOf(ReadOnlySpan<byte> counters) => counters.Length < 24
        ? default
        : new TunnelTraffic(MemoryMarshal.Read<long>(counters), MemoryMarshal.Read<long>(counters[16..]));

    internal static void PutMac(ref NetlinkWriter w, ushort type, MacAddress mac)
    {
        Span<byte> octets = stackalloc byte[MacAddress.Size];
        mac.CopyTo(octets);
        w.Attribute(type, octets);
    }

    private static NetlinkWriter BeginCreate(Span<byte> buffer, uint sequence, string name)
    {
        var w = Begin(buffer, sequence, MessageType.NewLink, MessageFlags.Create | MessageFlags.Exclusive);
        w.Attribute(Attribute.LinkName, name);
        return w;
    }

    private static NetlinkWriter Begin(
        Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, int index = 0,
        LinkFlags set = LinkFlags.None, LinkFlags change = LinkFlags.None)
    {
        var w = new NetlinkWriter(buffer, type, flags | MessageFlags.Request | MessageFlags.Ack, sequence);
        PutFixed(ref w, index, set, change);
        return w;
    }

    private static void PutFixed(ref NetlinkWriter w, int index, LinkFlags set, LinkFlags change)
    {
        w.Byte(Family.Any);
        w.Byte(0);
        w.UInt16(0);
        w.UInt32((uint)index);
        w.UInt32((uint)set);
        w.UInt32((uint)change);
    }
}
