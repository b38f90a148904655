using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fabric.Drivers.Network;

/// <summary>
/// sockaddr_ll: family 2, type 2 (as on the wire), index 4, hardware type 2, kind 1, length 1, address 8.
/// </summary>
internal static class PacketAddress
{
    public const int Size = 20;

    private const ushort FamilyPacket = 17;
    private const int KindAt = 10;

    public static void Write(Span<byte> address, ushort protocol, int link)
    {
        address.Clear();
        MemoryMarshal.Write(address, FamilyPacket);
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], protocol);
        MemoryMarshal.Write(address[4..], link);
    }

    public static byte KindOf(ReadOnlySpan<byte> address) => address[KindAt];
}
