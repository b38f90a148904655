using System.Runtime.InteropServices;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The content of a page by 128 bits. Two values have a meaning of their own: nothing is known, and all zeros.
/// </summary>
/// <param name="Low">The lower half.</param>
/// <param name="High">The upper half.</param>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly record struct PageHash(ulong Low, ulong High)
{
    public const int Size = 16;

    public static readonly PageHash Missing;

    public static readonly PageHash Zero = new(1, 0);

    public bool IsMissing => Low == 0 && High == 0;

    public bool IsZero => Low == 1 && High == 0;

    /// <summary>A page's own hash must not be one of the two.</summary>
    public static PageHash Of(ulong low, ulong high) => high == 0 && low <= 1 ? new PageHash(2, 0) : new(low, high);
}
