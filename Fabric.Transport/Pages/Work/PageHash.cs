using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The content of a page by 128 bits. Two values have a meaning of their own: nothing is known, and all zeros. At a source,
/// what a target's manifest says of a page may be the first 48 bits of its hash: a short one.
/// </summary>
/// <param name="Low">The lower half.</param>
/// <param name="High">The upper half.</param>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly record struct PageHash(ulong Low, ulong High)
{
    public const int Size = 16;

    private const ulong ShortMark = ulong.MaxValue;
    private const ulong ShortMask = (1UL << (8 * Limits.PageWork.ShortHashBytes)) - 1;

    public static readonly PageHash Missing;

    public static readonly PageHash Zero = new(1, 0);

    public bool IsMissing => Low == 0 && High == 0;

    public bool IsZero => Low == 1 && High == 0;

    /// <summary>Of the hash only the beginning is known.</summary>
    public bool IsShort => High == ShortMark;

    /// <summary>A page's own hash must not be one of the two, nor look like a short one.</summary>
    public static PageHash Of(ulong low, ulong high) =>
        high == 0 && low <= 1 ? new PageHash(2, 0) : new(low, high == ShortMark ? 0x5EED : high);

    /// <summary>Of its first <see cref="Limits.PageWork.ShortHashBytes"/> bytes.</summary>
    public static PageHash Short(ulong bits) => new(bits & ShortMask, ShortMark);

    /// <summary>
    /// Whether a page with that hash is, as far as is known here, one with this one. Of a short one it is not known for
    /// certain: who has the page compares all of its hash with what is said of it then.
    /// </summary>
    public bool Matches(in PageHash whole) => IsShort ? Low == (whole.Low & ShortMask) : this == whole;
}
