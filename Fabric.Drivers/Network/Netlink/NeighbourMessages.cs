using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>A neighbour, or an entry of a bridge's or an overlay's forwarding table.</summary>
/// <param name="Link">The interface's number; of a bridge's entry, the port's.</param>
/// <param name="Address">A neighbour's address, or the host behind an overlay's entry.</param>
/// <param name="Mac">The MAC address; all zeros in an overlay is what is sent to everybody.</param>
/// <param name="IsPermanent">It does not age, and is not learned anew.</param>
public sealed record NeighbourFacts(int Link, HostAddress? Address, MacAddress? Mac, bool IsPermanent)
{
    /// <summary>A bridge's entry for a port's own address.</summary>
    public bool IsLocal { get; init; }

    /// <summary>The bridge that the entry is in; 0 for a neighbour and for an overlay's.</summary>
    public int Bridge { get; init; }
}

/// <summary>
/// Messages about neighbours and forwarding. The fixed part (ndmsg): family, padding 3, index 4, state 2, flags, type.
/// </summary>
internal static class NeighbourMessages
{
    private const int FixedSize = 12;
    private const MessageFlags CreateOrReplace = MessageFlags.Create | MessageFlags.Replace;

    public static int Replace(Span<byte> buffer, uint sequence, int link, HostAddress address, MacAddress mac)
    {
        var w = Begin(
            buffer, sequence, MessageType.NewNeighbour, CreateOrReplace, NetlinkAddress.FamilyOf(address), link,
            Neighbour.Permanent, 0);
        NetlinkAddress.Put(ref w, Attribute.NeighbourDestination, address);
        LinkMessages.PutMac(ref w, Attribute.NeighbourMac, mac);
        return w.Finish();
    }

    public static int Delete(Span<byte> buffer, uint sequence, int link, HostAddress address) =>
        ByAddress(buffer, sequence, MessageType.DelNeighbour, link, address);

    public static int Get(Span<byte> buffer, uint sequence, int link, HostAddress address) =>
        ByAddress(buffer, sequence, MessageType.GetNeighbour, link, address);

    /// <summary>
    /// A bridge's entry: behind this port. Static ones do not age; the others are as if they had been learned.
    /// </summary>
    public static int ReplacePort(Span<byte> buffer, uint sequence, int port, MacAddress mac, bool isStatic)
    {
        var state = (ushort)(isStatic ? Neighbour.NoArp | Neighbour.Reachable : Neighbour.Reachable);
        var w = Begin(
            buffer, sequence, MessageType.NewNeighbour, CreateOrReplace, Family.Bridge, port, state, Neighbour.Master);
        LinkMessages.PutMac(ref w, Attribute.NeighbourMac, mac);
        return w.Finish();
    }

    public static int DeletePort(Span<byte> buffer, uint sequence, int port, MacAddress mac)
    {
        var w = Begin(
            buffer, sequence, MessageType.DelNeighbour, MessageFlags.None, Family.Bridge, port, 0, Neighbour.Master);
        LinkMessages.PutMac(ref w, Attribute.NeighbourMac, mac);
        return w.Finish();
    }

    public static int GetPort(Span<byte> buffer, uint sequence, int bridge, MacAddress mac)
    {
        var w = Begin(
            buffer, sequence, MessageType.GetNeighbour, MessageFlags.None, Family.Bridge, 0, 0, Neighbour.Master);
        LinkMessages.PutMac(ref w, Attribute.NeighbourMac, mac);
        w.Attribute(Attribute.NeighbourMaster, (uint)bridge);
        return w.Finish();
    }

    /// <summary>
    /// An overlay's entry. With append, further hosts for the same address; only for what goes to everybody.
    /// </summary>
    public static int PutRemote(
        Span<byte> buffer, uint sequence, int vxlan, MacAddress mac, HostAddress host, bool append)
    {
        var w = Begin(
            buffer, sequence, MessageType.NewNeighbour, append ? MessageFlags.Create | MessageFlags.Append : CreateOrReplace,
            Family.Bridge, vxlan, Neighbour.NoArp | Neighbour.Permanent, Neighbour.Self);
        LinkMessages.PutMac(ref w, Attribute.NeighbourMac, mac);
        NetlinkAddress.Put(ref w, Attribute.NeighbourDestination, host);
        return w.Finish();
    }

    public static int DeleteRemote(Span<byte> buffer, uint sequence, int vxlan, MacAddress mac, HostAddress? host)
    {
        var w = Begin(
            buffer, sequence, MessageType.DelNeighbour, MessageFlags.None, Family.Bridge, vxlan, 0, Neighbour.Self);
        LinkMessages.PutMac(ref w, Attribute.NeighbourMac, mac);
        if (host is { } address)
            NetlinkAddress.Put(ref w, Attribute.NeighbourDestination, address);
        return w.Finish();
    }

    /// <summary>
    /// All forwarding entries; the kernel takes no filter for an overlay's alone, the parser has one.
    /// </summary>
    public static int DumpForwarding(Span<byte> buffer, uint sequence)
    {
        var w = Begin(
            buffer, sequence, MessageType.GetNeighbour, MessageFlags.Dump, Family.Bridge, 0, 0, 0);
        return w.Finish();
    }

    public static NeighbourFacts? Parse(NetlinkMessage message)
    {
        if (message.Type != MessageType.NewNeighbour)
            return null;
        var attributes = new AttributeReader(message.After(FixedSize));
        var state = MemoryMarshal.Read<ushort>(message.Body[8..]);
        var isBridge = message.Body[0] == Family.Bridge;
        var facts = new NeighbourFacts(
            MemoryMarshal.Read<int>(message.Body[4..]), null, null, (state & (Neighbour.Permanent | Neighbour.NoArp)) != 0)
        {
            IsLocal = isBridge && (state & Neighbour.Permanent) != 0 && (message.Body[10] & Neighbour.Self) == 0,
        };
        while (attributes.MoveNext())
        {
            facts = attributes.Type switch
            {
                Attribute.NeighbourDestination => facts with { Address = attributes.AsAddress() },
                Attribute.NeighbourMac => facts with { Mac = attributes.AsMac() },
                Attribute.NeighbourMaster => facts with { Bridge = (int)attributes.AsUInt32() },
                _ => facts,
            };
        }

        return facts;
    }

    private static int ByAddress(Span<byte> buffer, uint sequence, ushort type, int link, HostAddress address)
    {
        var w = Begin(buffer, sequence, type, MessageFlags.None, NetlinkAddress.FamilyOf(address), link, 0, 0);
        NetlinkAddress.Put(ref w, Attribute.NeighbourDestination, address);
        return w.Finish();
    }

    private static NetlinkWriter Begin(
        Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, byte family, int link, ushort state, byte entryFlags)
    {
        var w = new NetlinkWriter(buffer, type, flags | MessageFlags.Request | MessageFlags.Ack, sequence);
        w.Byte(family);
        w.Byte(0);
        w.UInt16(0);
        w.UInt32((uint)link);
        w.UInt16(state);
        w.Byte(entryFlags);
        w.Byte(0);
        return w;
    }
}
