using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Announce;

/// <summary>
/// Frames in the name of a VM, sent to everybody; switches learn from the sender where it is now. RARP as QEMU sends
/// it,
/// and for each IPv4 address a gratuitous ARP, for switches and hosts that look no deeper than ARP. Neither changes
/// what
/// any host knows: MAC and addresses are what they were.
/// </summary>
internal static class AnnounceFrames
{
    public const int TypeArp = 0x0806;
    private const int TypeReverseArp = 0x8035;
    private const int Size = 60; // the least that Ethernet carries, without its check sum
    private const int Head = 14;
    private const int Request = 1;
    private const int Reply = 2;
    private const int ReverseRequest = 3;
    private const int SenderMac = Head + 8;
    private const int SenderAddress = Head + 14;
    private const int AskedMac = Head + 18;
    private const int AskedAddress = Head + 24;

    /// <summary>All frames of one round.</summary>
    public static IReadOnlyList<byte[]> Round(MacAddress mac, IEnumerable<HostAddress> addresses) =>
        [ReverseArp(mac), .. addresses.Where(a => !a.IsV6).Select(a => Gratuitous(mac, a))];

    /// <summary>"Who am I?", with the VM as sender and as the one asked for.</summary>
    public static byte[] ReverseArp(MacAddress mac)
    {
        var frame = Frame(TypeReverseArp, ReverseRequest, mac);
        mac.CopyTo(frame.AsSpan(AskedMac));
        return frame;
    }

    /// <summary>"Who has my address?"</summary>
    public static byte[] Gratuitous(MacAddress mac, HostAddress address)
    {
        var frame = Frame(TypeArp, Request, mac);
        address.ToIPAddress().TryWriteBytes(frame.AsSpan(SenderAddress), out _);
        address.ToIPAddress().TryWriteBytes(frame.AsSpan(AskedAddress), out _);
        return frame;
    }

    /// <summary>A question that claims no address (RFC 5227): it changes nobody's tables.</summary>
    public static byte[] Probe(MacAddress asker, HostAddress address)
    {
        var frame = Frame(TypeArp, Request, asker);
        address.ToIPAddress().TryWriteBytes(frame.AsSpan(AskedAddress), out _);
        return frame;
    }

    /// <summary>Who says that it has the address; null for any other frame.</summary>
    public static MacAddress? Answer(ReadOnlySpan<byte> frame, HostAddress address)
    {
        if (frame.Length < AskedAddress + 4 || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != TypeArp
            || BinaryPrimitives.ReadUInt16BigEndian(frame[(Head + 6)..]) != Reply)
            return null;
        Span<byte> wanted = stackalloc byte[16];
        address.ToIPAddress().TryWriteBytes(wanted, out var length);
        return frame.Slice(SenderAddress, 4).SequenceEqual(wanted[..length]) ? MacAddress.From(frame[SenderMac..]) : null;
    }

    private static byte[] Frame(int type, int operation, MacAddress mac)
    {
        var frame = new byte[Size];
        frame.AsSpan(0, MacAddress.Size).Fill(0xff);
        mac.CopyTo(frame.AsSpan(MacAddress.Size));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Head), 1); // Ethernet
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Head + 2), 0x0800); // IPv4
        frame[Head + 4] = MacAddress.Size;
        frame[Head + 5] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Head + 6), (ushort)operation);
        mac.CopyTo(frame.AsSpan(SenderMac));
        return frame;
    }
}
