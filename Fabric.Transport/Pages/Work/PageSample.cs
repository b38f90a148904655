using System.Numerics;
using System.Runtime.CompilerServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>A quick look at a page: 256 of its bytes say whether packing it is worth the time.</summary>
internal static class PageSample
{
    private const int Samples = 256;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool LooksRandom(ReadOnlySpan<byte> page)
    {
        Span<ulong> seen = stackalloc ulong[4];
        seen.Clear();
        const int step = Limits.Stream.PageSize / Samples;
        for (var i = 0; i < Samples; i++)
        {
            // Not always the same byte of a word: numbers have zeros in their upper bytes only.
            var value = page[(i * step) + (i % step)];
            seen[value >> 6] |= 1UL << (value & 63);
        }

        var values = 0;
        foreach (var bits in seen)
            values += BitOperations.PopCount(bits);
        return values >= Limits.PageWork.RandomValuesMin;
    }
}
