using Fabric.Drivers.Disks.Nbd;

namespace Fabric.Drivers.Disks;

/// <summary>A stretch of the source's disk.</summary>
/// <param name="Length">How long.</param>
/// <param name="IsDirty">It is of the round.</param>
/// <param name="IsZero">It reads as zeroes.</param>
internal readonly record struct DiskStretch(long Length, bool IsDirty, bool IsZero)
{
    /// <summary>
    /// Puts together what two contexts say of the same stretch, as far as both say something and not beyond what was
    /// asked; without dirty bits all of it is dirty.
    /// </summary>
    public static IEnumerable<DiskStretch> Of(NbdExtent[] allocation, NbdExtent[]? dirty, long asked)
    {
        var (a, d) = (0, 0);
        long leftA = 0, leftD = 0, left = asked;
        while (left > 0)
        {
            if (leftA == 0)
            {
                if (a == allocation.Length)
                    yield break;
                leftA = allocation[a++].Length;
            }

            if (leftD == 0)
            {
                if (dirty is not null && d == dirty.Length)
                    yield break;
                leftD = dirty is null ? left : dirty[d++].Length;
            }

            var length = Math.Min(left, Math.Min(leftA, leftD));
            yield return new DiskStretch(
                length,
                dirty is null || (dirty[d - 1].Flags & NbdNumbers.IsDirty) != 0,
                (allocation[a - 1].Flags & NbdNumbers.IsZero) != 0);
            leftA -= length;
            leftD -= length;
            left -= length;
        }
    }
}
