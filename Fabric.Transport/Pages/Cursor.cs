using System.Buffers.Binary;

namespace Fabric.Transport.Pages;

/// <summary>
/// Takes one construct apart. A read past what is there returns false and leaves in <see cref="Need"/> how many bytes
/// the construct has at least, counted from its beginning.
/// </summary>
internal ref struct Cursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int At { get; private set; }

    public long Need { get; private set; }

    public bool Byte(out byte value)
    {
        var there = Bytes(1, out var span);
        value = there ? span[0] : (byte)0;
        return there;
    }

    public bool UInt16(out ushort value)
    {
        var there = Bytes(2, out var span);
        value = there ? BinaryPrimitives.ReadUInt16BigEndian(span) : (ushort)0;
        return there;
    }

    public bool UInt32(out uint value)
    {
        var there = Bytes(4, out var span);
        value = there ? BinaryPrimitives.ReadUInt32BigEndian(span) : 0;
        return there;
    }

    public bool UInt64(out ulong value)
    {
        var there = Bytes(8, out var span);
        value = there ? BinaryPrimitives.ReadUInt64BigEndian(span) : 0;
        return there;
    }

    /// <summary>One byte of length and that many bytes.</summary>
    public bool Name(out ReadOnlySpan<byte> name)
    {
        name = default;
        return Byte(out var length) && Bytes(length, out name);
    }

    public bool Bytes(int count, out ReadOnlySpan<byte> value)
    {
        if (_bytes.Length - At < count)
        {
            Need = (long)At + count;
            value = default;
            return false;
        }

        value = _bytes.Slice(At, count);
        At += count;
        return true;
    }
}
