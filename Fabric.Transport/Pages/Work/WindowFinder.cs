using System.Runtime.CompilerServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Finds the parts of the boot files that a batch's pages came from. It looks for them page by page: what is found for
/// one is likely where the next one lies. At the beginning of a page and behind what was found every byte is looked at,
/// because anything may begin anywhere; after that every fourth, for programs and tables do not.
/// </summary>
internal sealed class WindowFinder(PageBase content, BaseWindows windows)
{
    private readonly BaseIndex _index = content.Index
        ?? throw new ArgumentException("it was loaded without an index", nameof(content));

    /// <summary>Looks for a page's content; how many bytes of it the files have.</summary>
    // Optimised at once: a transfer of a second is over before its first pages were slow often enough.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Look(ReadOnlySpan<byte> page)
    {
        var found = 0;
        var near = Limits.PageWork.BaseNear;
        for (var at = 0; at + BaseIndex.KeyBytes <= page.Length;)
        {
            var place = _index.Find(page[at..]);
            var equal = place < 0 ? 0 : Equal(page, at, place);
            if (equal > 0)
            {
                at += equal;
                found += equal;
                near = at + Limits.PageWork.BaseNear;
            }
            else
            {
                at = at < near ? at + 1 : (at + 4) & ~3;
            }
        }

        return found;
    }

    /// <summary>How many bytes from there on are the files', which are windows now; 0 when too few.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Equal(ReadOnlySpan<byte> page, int at, int place)
    {
        if (windows.From(place) is { IsEmpty: false } known)
        {
            var length = page[at..].CommonPrefixLength(known);
            return length >= BaseIndex.KeyBytes ? length : 0;
        }

        if (!windows.HasRoom)
            return 0;

        // As much as the page has room for on both sides: what was patched in it stands between parts that were not.
        var (from, to) = (Math.Max(0, place - at), Math.Min(content.Length, place - at + page.Length));
        ReadOnlySpan<byte> image = windows.Try(content, from, to);
        if (image.IsEmpty)
            return 0;
        var behind = page[at..].CommonPrefixLength(image[(place - from)..]);
        if (behind + Before(page[..at], image[..(place - from)]) < Limits.PageWork.BaseMatchMin)
            return 0;
        windows.Take(from, to);
        return behind;
    }

    private static int Before(ReadOnlySpan<byte> page, ReadOnlySpan<byte> image)
    {
        var equal = 0;
        while (equal < page.Length && equal < image.Length && equal < Limits.PageWork.BaseMatchMin
            && page[^(equal + 1)] == image[^(equal + 1)])
            equal++;
        return equal;
    }
}
