namespace Fabric.Embedded.Memory;

/// <summary>
/// All pages in permuted order, as in Clark's pre-copy: a guest that writes a region in order then does not run ahead
/// of the sender, or with it, through the whole round.
/// </summary>
internal readonly struct PageOrder
{
    // Near the golden ratio: neighbours in the order are far apart in memory.
    private const double Ratio = 0.6180339887498949;

    private readonly int _pages;
    private readonly int _stride;

    /// <summary>An order of that many pages.</summary>
    public PageOrder(int pages)
    {
        _pages = pages;
        _stride = Math.Max(1, (int)(pages * Ratio));
        while (Common(_stride, pages) != 1)
            _stride++;
    }

    /// <summary>The page after one; after all were passed, it is the first again.</summary>
    public int After(int page) => page < _pages - _stride ? page + _stride : page - _pages + _stride;

    private static long Common(long a, long b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
