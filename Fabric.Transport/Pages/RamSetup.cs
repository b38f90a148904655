using System.Numerics;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>The list of RAM blocks, and what was said before that decides how the list is laid out.</summary>
internal sealed class RamSetup
{
    private RamBlock[] _blocks = [];
    private bool _withAddress;
    private bool _withPageSize;

    public bool IsStarted { get; set; }

    public IReadOnlyList<RamBlock> Blocks => _blocks;

    public RamBlock? Find(ReadOnlySpan<byte> name)
    {
        foreach (var block in _blocks)
            if (name.SequenceEqual(block.NameBytes))
                return block;
        return null;
    }

    /// <summary>With huge pages somewhere, some blocks have eight bytes more, and nothing says which.</summary>
    public void Advise(ReadOnlySpan<byte> payload) =>
        _withPageSize = !payload.IsEmpty && CommandPayload.Long(payload) != Limits.Stream.PageSize;

    /// <summary>Why the layout of what follows cannot be known; null when it can, or when the bytes are too few.</summary>
    public string? TrySubsection(ref Cursor at, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> body)
    {
        if (name.SequenceEqual(StreamLayout.TargetPageBits))
        {
            return at.Bytes(4, out body) && CommandPayload.Number(body) != BitOperations.Log2(Limits.Stream.PageSize)
                ? $"pages of 2^{CommandPayload.Number(body)} bytes are not known"
                : null;
        }

        if (name.SequenceEqual(StreamLayout.Uuid))
        {
            at.Bytes(16, out body);
            return null;
        }

        if (name.SequenceEqual(StreamLayout.Capabilities))
            return TryCapabilities(ref at, out body);
        body = default;
        return $"the configuration has {Encoding.Latin1.GetString(name)}, which is not known";
    }

    /// <summary>What is wrong, with no fault when it is only not known; both empty when read, or when bytes are missing.</summary>
    public (StreamFault Fault, string? What) TryRead(ref Cursor at, ulong total)
    {
        if (_blocks.Length > 0)
            return (StreamFault.None, "RAM is listed twice");
        if (_withPageSize)
            return (StreamFault.None, "the list of RAM has page sizes, and does not say where");
        if (!TryMeasure(at, total, out var count, out var need, out var wrong))
        {
            // What is missing is known from the copy of the cursor; the real one is moved to the same place.
            if (wrong.What is null)
                at.Bytes((int)(need - at.At), out _);
            return wrong;
        }

        var blocks = new RamBlock[count];
        for (var i = 0; i < count; i++)
        {
            at.Name(out var name);
            at.UInt64(out var length);
            ulong address = 0;
            if (_withAddress)
                at.UInt64(out address);
            for (var j = 0; j < i; j++)
                if (name.SequenceEqual(blocks[j].NameBytes))
                    return (StreamFault.BlockName, $"block {blocks[j].Name} is listed twice");
            blocks[i] = new RamBlock(name, (long)length, i, _withAddress ? address : null);
        }

        _blocks = blocks;
        return default;
    }

    /// <summary>A first pass that makes nothing: a list that arrives byte by byte is looked at once for each of its parts.</summary>
    private bool TryMeasure(
        Cursor at, ulong total, out int count, out long need, out (StreamFault Fault, string? What) wrong)
    {
        wrong = default;
        need = 0;
        for (count = 0; total > 0; count++)
        {
            if (count == Limits.Stream.RamBlocksMax)
                wrong = (StreamFault.TooLong, $"there are more than {Limits.Stream.RamBlocksMax} blocks of RAM");
            if (wrong.What is not null)
                return false;
            if (!at.Name(out var name) || !at.UInt64(out var length) || (_withAddress && !at.UInt64(out _)))
            {
                need = at.Need;
                return false;
            }

            wrong = Judge(name, length, total);
            if (wrong.What is not null)
                return false;
            total -= length;
        }

        return true;

        static (StreamFault Fault, string? What) Judge(ReadOnlySpan<byte> name, ulong length, ulong left) =>
            name.IsEmpty ? (StreamFault.BlockName, "a block of RAM has no name")
            : length == 0 || length % Limits.Stream.PageSize != 0 || length > long.MaxValue
                ? (StreamFault.BlockLength, $"block {Encoding.Latin1.GetString(name)} has {length} bytes")
            : length > left
                ? (StreamFault.RamTotal, $"block {Encoding.Latin1.GetString(name)} has {length} bytes of {left} that are left")
            : default;
    }

    private string? TryCapabilities(ref Cursor at, out ReadOnlySpan<byte> body)
    {
        body = default;
        var look = at;
        if (!look.UInt32(out var count))
        {
            at.Bytes(4, out _);
            return null;
        }

        if (count > Limits.Stream.CapabilitiesMax)
            return $"{count} capabilities are above {Limits.Stream.CapabilitiesMax}";
        var withAddress = false;
        for (var i = 0; i < count; i++)
        {
            if (!look.Name(out var name))
            {
                at.Bytes((int)look.Need - at.At, out _);
                return null;
            }

            if (!name.SequenceEqual(StreamLayout.IgnoreShared))
                return $"capability {Encoding.Latin1.GetString(name)} is not known";
            withAddress = true;
        }

        at.Bytes(look.At - at.At, out body);
        _withAddress = withAddress;
        return null;
    }
}
