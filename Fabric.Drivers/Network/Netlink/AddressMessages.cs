using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>An address of an interface.</summary>
/// <param name="Link">The interface's number.</param>
/// <param name="Address">The address and its subnet.</param>
public sealed record AddressFacts(int Link, InterfaceAddress Address);

/// <summary>Messages about addresses. The fixed part (ifaddrmsg): family, prefix, flags, scope, index 4.</summary>
internal static class AddressMessages
{
    private const int FixedSize = 8;
    private const byte NoDuplicateDetection = 0x02;

    public static int Add(Span<byte> buffer, uint sequence, int link, InterfaceAddress address) =>
        Write(buffer, sequence, MessageType.NewAddress, MessageFlags.Create | MessageFlags.Replace, link, address);

    public static int Delete(Span<byte> buffer, uint sequence, int link, InterfaceAddress address) =>
        Write(buffer, sequence, MessageType.DelAddress, MessageFlags.None, link, address);

    public static int Dump(Span<byte> buffer, uint sequence)
    {
        var w = Begin(buffer, sequence, MessageType.GetAddress, MessageFlags.Dump, Family.Any, 0, 0, 0);
        return w.Finish();
    }

    public static AddressFacts? Parse(NetlinkMessage message)
    {
        if (message.Type != MessageType.NewAddress)
            return null;
        var attributes = new AttributeReader(message.After(FixedSize));
        HostAddress? address = null;
        HostAddress? local = null;
        while (attributes.MoveNext())
        {
            if (attributes.Type == Attribute.AddressAddress)
                address = attributes.AsAddress();
            else if (attributes.Type == Attribute.AddressLocal)
                local = attributes.AsAddress();
        }

        // On a point-to-point link the two differ, and ours is the local one; IPv6 often has only the other.
        return (local ?? address) is { } own && message.Body[1] > 0 && message.Body[1] <= own.Bits
            ? new AddressFacts(MemoryMarshal.Read<int>(message.Body[4..]), new InterfaceAddress(own, message.Body[1]))
            : null;
    }

    private static int Write(
        Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, int link, InterfaceAddress address)
    {
        // An anycast gateway is meant to be there more than once: IPv6 must not look for duplicates.
        var w = Begin(
            buffer, sequence, type, flags, NetlinkAddress.FamilyOf(address.Address), (byte)address.Length,
            address.Address.IsV6 ? NoDuplicateDetection : (byte)0, link);
        NetlinkAddress.Put(ref w, Attribute.AddressLocal, address.Address);
        NetlinkAddress.Put(ref w, Attribute.AddressAddress, address.Address);
        return w.Finish();
    }

    private static NetlinkWriter Begin(
        Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, byte family, byte length, byte addressFlags, int link)
    {
        var w = new NetlinkWriter(buffer, type, flags | MessageFlags.Request | MessageFlags.Ack, sequence);
        w.Byte(family);
        w.Byte(length);
        w.Byte(addressFlags);
        w.Byte(RouteField.ScopeUniverse);
        w.UInt32((uint)link);
        return w;
    }
}
