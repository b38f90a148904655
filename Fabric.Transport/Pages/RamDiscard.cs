using System.Buffers.Binary;

namespace Fabric.Transport.Pages;

/// <summary>
/// The payload of <see cref="VmCommand.PostcopyRamDiscard"/>: u8 0, name, u8 0, then {u64 start, u64 length} of ranges
/// that were sent and are stale.
/// </summary>
public readonly ref struct RamDiscard
{
    /// <summary>Version, length of the name, one character, the zero, one range.</summary>
    internal const int BytesMin = 1 + 1 + 1 + 1 + RangeSize;

    internal const int RangeSize = 16;

    private readonly ReadOnlySpan<byte> _ranges;

    private RamDiscard(ReadOnlySpan<byte> name, ReadOnlySpan<byte> ranges)
    {
        Name = name;
        _ranges = ranges;
    }

    /// <summary>The block's.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Ranges.</summary>
    public int Count => _ranges.Length / RangeSize;

    /// <summary>Bytes in the block.</summary>
    public (ulong Start, ulong Length) this[int index]
    {
        get
        {
            var range = _ranges.Slice(index * RangeSize, RangeSize);
            return (BinaryPrimitives.ReadUInt64BigEndian(range), BinaryPrimitives.ReadUInt64BigEndian(range[8..]));
        }
    }

    /// <summary>False when it contradicts itself. Whether the ranges lie in the block is for the receiver to see.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out RamDiscard discard)
    {
        discard = default;
        if (payload.Length < BytesMin || payload[0] != 0 || payload[1] == 0)
            return false;
        var head = 2 + payload[1] + 1;
        if (payload.Length < head + RangeSize || payload[head - 1] != 0 || (payload.Length - head) % RangeSize != 0)
            return false;
        discard = new RamDiscard(payload.Slice(2, payload[1]), payload[head..]);
        return true;
    }
}
