using System.Buffers.Binary;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Relay;

/// <summary>
/// What a target's QEMU says while another may still take its place: whole messages only, and none that ends the return
/// path. A message that was cut by its death never reaches the source, where it would swallow the beginning of the next.
/// In this time there is nothing but answers to pings; doubled ones do no harm.
/// </summary>
internal sealed class ReturnPathGuard
{
    private const int HeadBytes = 4;
    private readonly byte[] _half = new byte[HeadBytes + sizeof(uint)];
    private int _length;

    /// <summary>Puts what is kept of a message in front of what comes next; how much it is.</summary>
    public int Restore(Span<byte> into)
    {
        _half.AsSpan(0, _length).CopyTo(into);
        return _length;
    }

    /// <summary>
    /// How many of the bytes may pass; the others are half a message, and kept. Null when a message is none of those of
    /// a pre-copy: the end is near, or something is wrong.
    /// </summary>
    public int? Judge(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes.Length - at >= HeadBytes)
        {
            var type = (ReturnPathMessage)BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if ((type, length) is not ((ReturnPathMessage.Pong, sizeof(uint)) or (ReturnPathMessage.SwitchoverAck, 0)))
                return null;
            if (bytes.Length - at < HeadBytes + length)
                break;
            at += HeadBytes + length;
        }

        _length = bytes.Length - at;
        bytes[at..].CopyTo(_half);
        return at;
    }

    /// <summary>Another QEMU begins with a message.</summary>
    public void Forget() => _length = 0;
}
