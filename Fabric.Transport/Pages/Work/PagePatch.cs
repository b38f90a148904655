using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// What changed in a page: runs of {varint equal bytes, varint changed bytes, the new bytes}, to the last change. The new
/// bytes themselves and not their difference: text that was written anew still compresses as text, where its difference
/// from older text is noise.
/// </summary>
internal static class PagePatch
{
    /// <summary>Writes the patch from the older to the newer page; -1 when it is not shorter than a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Make(ReadOnlySpan<byte> older, ReadOnlySpan<byte> newer, Span<byte> into)
    {
        var (at, written) = (0, 0);
        while (true)
        {
            var equal = newer[at..].CommonPrefixLength(older[at..]);
            if (at + equal == newer.Length)
                return written;
            var begin = at + equal;
            var end = EndOfChange(older, newer, begin);
            if (written + 4 + (end - begin) >= Limits.Stream.PageSize)
                return -1;
            written += Varint.Write(into[written..], (uint)equal);
            written += Varint.Write(into[written..], (uint)(end - begin));
            newer[begin..end].CopyTo(into[written..]);
            written += end - begin;
            at = end;
        }
    }

    /// <summary>Changes the page in place; false when the patch contradicts itself.</summary>
    public static bool TryApply(ReadOnlySpan<byte> patch, Span<byte> page)
    {
        var at = 0;
        while (!patch.IsEmpty)
        {
            if (!Varint.TryRead(ref patch, out var equal) || !Varint.TryRead(ref patch, out var changed))
                return false;
            if (changed == 0 || changed > patch.Length || equal + (ulong)changed > (ulong)(page.Length - at))
                return false;
            patch[..(int)changed].CopyTo(page[(at + (int)equal)..]);
            at += (int)equal + (int)changed;
            patch = patch[(int)changed..];
        }

        return true;
    }

    /// <summary>Where so many bytes are equal again that another run costs less than they do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int EndOfChange(ReadOnlySpan<byte> older, ReadOnlySpan<byte> newer, int begin)
    {
        var (at, equal) = (begin + 1, 0);
        while (at < newer.Length && equal < Limits.PageWork.DeltaGapMin)
        {
            // Eight at a time as long as all of them differ, which is what a page that was written anew does.
            if (equal == 0 && at + 8 <= newer.Length && NoneEqual(older, newer, at))
            {
                at += 8;
                continue;
            }

            equal = newer[at] == older[at] ? equal + 1 : 0;
            at++;
        }

        return at - equal;
    }

    private static bool NoneEqual(ReadOnlySpan<byte> older, ReadOnlySpan<byte> newer, int at)
    {
        var x = MemoryMarshal.Read<ulong>(older[at..]) ^ MemoryMarshal.Read<ulong>(newer[at..]);
        const ulong low = 0x0101_0101_0101_0101;
        return ((x - low) & ~x & (low << 7)) == 0 && BitOperations.PopCount(x) > 0;
    }
}
