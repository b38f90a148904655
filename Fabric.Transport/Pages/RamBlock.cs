using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>A piece of guest memory as the stream lists it. One object for the life of a stream.</summary>
public sealed class RamBlock
{
    private readonly byte[] _name;

    /// <summary>A block of a stream that is written here.</summary>
    /// <param name="name">1 to 255 characters of Latin-1.</param>
    /// <param name="length">Bytes; a positive multiple of the page size.</param>
    /// <param name="index">Its place in the list.</param>
    /// <param name="address">Guest address; only with the capability x-ignore-shared.</param>
    public RamBlock(string name, long length, int index = 0, ulong? address = null)
        : this(Encoding.Latin1.GetBytes(name), length, index, address)
    {
    }

    internal RamBlock(ReadOnlySpan<byte> name, long length, int index, ulong? address)
    {
        if (name.Length is 0 or > Limits.Stream.NameBytesMax)
            throw new ArgumentException($"a block's name has 1 to {Limits.Stream.NameBytesMax} bytes", nameof(name));
        if (length <= 0 || length % Limits.Stream.PageSize != 0)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a block has whole pages, and at least one");
        _name = name.ToArray();
        Name = Encoding.Latin1.GetString(name);
        Length = length;
        Index = index;
        Address = address;
    }

    /// <summary>As in the stream, a character for each byte.</summary>
    public string Name { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>Its place in the list.</summary>
    public int Index { get; }

    /// <summary>Guest address, when the stream has it.</summary>
    public ulong? Address { get; }

    internal ReadOnlySpan<byte> NameBytes => _name;

    /// <summary>True when a page begins there.</summary>
    public bool Holds(long offset) => offset >= 0 && offset < Length;
}
