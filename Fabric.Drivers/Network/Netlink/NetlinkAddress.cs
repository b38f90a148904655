using System.Net;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>IP addresses as they lie in attributes.</summary>
internal static class NetlinkAddress
{
    public const int SizeV4 = 4;
    public const int SizeV6 = 16;

    public static byte FamilyOf(HostAddress address) => address.IsV6 ? Family.V6 : Family.V4;

    public static void Put(ref NetlinkWriter writer, ushort type, HostAddress address)
    {
        Span<byte> bytes = stackalloc byte[SizeV6];
        address.ToIPAddress().TryWriteBytes(bytes, out var written);
        writer.Attribute(type, bytes[..written]);
    }

    /// <summary>Null when it is of another size, or nobody's (any, a group): those are none of ours.</summary>
    public static HostAddress? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is not (SizeV4 or SizeV6))
            return null;
        var address = new IPAddress(bytes);
        return HostAddress.TryOf(address);
    }
}
