using Fabric.Protocol;

namespace Fabric.Embedded.Memory;

/// <summary>
/// All pages in permuted order, as in Clark's pre-copy: a guest that writes a region in order then does not run ahead
/// of the sender, or with it, through the whole round. Runs of a few pages stay together: single pages all over memory
/// cost a walk of the page tables each, at both ends.
/// </summary>
internal readonly struct PageOrder
{
    // Near the golden ratio: runs that are neighbours in the order are far apart in memory.
    private const double Ratio = 0.6180339887498949;
    private const int Run = Limits.Guest.OrderRunPages;

    private readonly int _pages;
    private readonly int _runs;
    private readonly int _stride;

    /// <summary>An order of that many pages.</summary>
    public PageOrder(int pages)
    {
        _pages = pages;
        _runs = (pages + Run - 1) / Run;
        _stride = Math.Max(1, (int)(_runs * Ratio));
        while (Common(_stride, _runs) != 1)
            _stride++;
    }

    /// <summary>The page after one; after all were passed, it is the first again.</summary>
    public int After(int page)
    {
        var next = page + 1;
        if (next % Run != 0 && next < _pages)
            return next;
        var run = page / Run;
        return (run < _runs - _stride ? run + _stride : run - _runs + _stride) * Run;
    }

    private static long Common(long a, long b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
