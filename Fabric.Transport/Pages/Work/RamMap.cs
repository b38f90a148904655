using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>All pages of a guest in one row, block behind block as the stream lists them.</summary>
internal sealed class RamMap
{
    private readonly RamBlock[] _blocks;
    private readonly int[] _first;

    private RamMap(RamBlock[] blocks, int[] first, int pages) => (_blocks, _first, Pages) = (blocks, first, pages);

    /// <summary>How many there are.</summary>
    public int Pages { get; }

    public IReadOnlyList<RamBlock> Blocks => _blocks;

    /// <summary>Null when there are more than are kept account of.</summary>
    public static RamMap? TryOf(IReadOnlyList<RamBlock> blocks)
    {
        var first = new int[blocks.Count];
        long pages = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            first[i] = (int)pages;
            pages += blocks[i].Length / Limits.Stream.PageSize;
            if (pages > Limits.PageWork.MemoryBytesMax / Limits.Stream.PageSize)
                return null;
        }

        return new RamMap([.. blocks], first, (int)pages);
    }

    /// <summary>A page's number.</summary>
    public int NumberOf(RamBlock block, long offset) => _first[block.Index] + (int)(offset / Limits.Stream.PageSize);

    /// <summary>A page's block and offset.</summary>
    public (RamBlock Block, long Offset) At(int page)
    {
        var index = Array.BinarySearch(_first, page);
        if (index < 0)
            index = ~index - 1;
        return (_blocks[index], (long)(page - _first[index]) * Limits.Stream.PageSize);
    }
}
