using System.Numerics;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Finds a page by its content. Nothing is ever removed: an entry names a page, and the page's hash in the table says
/// whether it still has that content. 4 bytes an entry, two entries a page.
/// </summary>
internal sealed class ContentIndex
{
    // A page's number plus one; 0 is free.
    private readonly int[] _entries;
    private readonly PageHash[] _table;
    private readonly int _mask;

    public ContentIndex(PageHash[] table)
    {
        _table = table;
        _entries = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(table.Length, 8)) * 2];
        _mask = _entries.Length - 1;
    }

    /// <summary>A page with that content; -1 when none is known.</summary>
    public int Find(in PageHash hash)
    {
        for (var i = 0; i < Limits.PageWork.IndexProbes; i++)
        {
            var entry = _entries[((int)hash.Low + i) & _mask];
            if (entry == 0)
                return -1;
            if (_table[entry - 1] == hash)
                return entry - 1;
        }

        return -1;
    }

    /// <summary>Notes that a page has that content; the table must say so already.</summary>
    public void Add(in PageHash hash, int page)
    {
        var at = (int)hash.Low & _mask;
        for (var i = 0; i < Limits.PageWork.IndexProbes; i++)
        {
            ref var entry = ref _entries[((int)hash.Low + i) & _mask];
            if (entry == 0 || IsStale(entry - 1, hash.Low, i))
            {
                entry = page + 1;
                return;
            }
        }

        // Full here: the newest content is the likeliest to come again.
        _entries[at] = page + 1;
    }

    /// <summary>Its content is another by now, and one that does not belong here.</summary>
    private bool IsStale(int page, ulong low, int probe) =>
        (((int)low + probe - (int)_table[page].Low) & _mask) >= Limits.PageWork.IndexProbes;
}
