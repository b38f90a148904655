using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>
/// Writes one message: head, fixed part, attributes. Integers are in the machine's own order but for those that the
/// kernel keeps as on the wire; all is padded to 4 bytes. A message that does not fit is a mistake of ours and throws.
/// </summary>
internal ref struct NetlinkWriter
{
    public const int HeadSize = 16;
    private readonly Span<byte> _buffer;
    private int _at;

    public NetlinkWriter(Span<byte> buffer, ushort type, MessageFlags flags, uint sequence)
    {
        _buffer = buffer;
        _at = HeadSize;
        buffer[..HeadSize].Clear();
        MemoryMarshal.Write(buffer[4..], type);
        MemoryMarshal.Write(buffer[6..], (ushort)flags);
        MemoryMarshal.Write(buffer[8..], sequence);
    }

    /// <summary>Ends the message; its length.</summary>
    public readonly int Finish()
    {
        MemoryMarshal.Write(_buffer, (uint)_at);
        return _at;
    }

    public void Byte(byte value) => _buffer[_at++] = value;

    public void UInt16(ushort value)
    {
        MemoryMarshal.Write(_buffer[_at..], value);
        _at += sizeof(ushort);
    }

    public void UInt32(uint value)
    {
        MemoryMarshal.Write(_buffer[_at..], value);
        _at += sizeof(uint);
    }

    public void Attribute(ushort type, scoped ReadOnlySpan<byte> value)
    {
        var length = sizeof(uint) + value.Length;
        UInt16((ushort)length);
        UInt16(type);
        value.CopyTo(_buffer[_at..]);
        var padded = Padded(value.Length);
        _buffer.Slice(_at + value.Length, padded - value.Length).Clear();
        _at += padded;
    }

    public void Attribute(ushort type, byte value) => Attribute(type, [value]);

    public void Attribute(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        MemoryMarshal.Write(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>16 bits as on the wire: a port.</summary>
    public void AttributeBigEndian(ushort type, ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>A text with its closing zero.</summary>
    public void Attribute(ushort type, string text)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        bytes[^1] = 0;
        Attribute(type, bytes);
    }

    /// <summary>Begins an attribute that holds attributes; what it gives is for <see cref="EndNested"/>.</summary>
    public int BeginNested(ushort type)
    {
        var start = _at;
        UInt16(0);
        UInt16(type);
        return start;
    }

    public readonly void EndNested(int start) => MemoryMarshal.Write(_buffer[start..], (ushort)(_at - start));

    internal static int Padded(int length) => (length + 3) & ~3;
}
