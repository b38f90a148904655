using System.Buffers;
using System.Buffers.Binary;

namespace Fabric.Transport.Pages;

/// <summary>Writes one construct into a buffer's free space, and hands it over as a whole.</summary>
internal ref struct Quill(IBufferWriter<byte> output, int room)
{
    private readonly Span<byte> _span = output.GetSpan(room);
    private int _at;

    public void Byte(byte value) => _span[_at++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_span[_at..], value);
        _at += 2;
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_span[_at..], value);
        _at += 4;
    }

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_span[_at..], value);
        _at += 8;
    }

    public void Name(ReadOnlySpan<byte> name)
    {
        Byte(checked((byte)name.Length));
        Bytes(name);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_span[_at..]);
        _at += bytes.Length;
    }

    public readonly void Advance() => output.Advance(_at);
}
