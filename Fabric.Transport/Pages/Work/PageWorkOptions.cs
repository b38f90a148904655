using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>What may be done with a page instead of sending its bytes.</summary>
[Flags]
public enum PageKinds
{
    /// <summary>Nothing: bytes pass unread.</summary>
    None = 0,

    /// <summary>A page of zeros that the hypervisor sent in full is named only.</summary>
    Zero = 1,

    /// <summary>A page that was sent or is held in this version is named only.</summary>
    Unchanged = 2,

    /// <summary>A page with the content of another one that the target holds names that one.</summary>
    Reference = 4,

    /// <summary>A page that was sent before is sent as what changed in it, where that is smaller.</summary>
    Delta = 8,

    /// <summary>What is left is compressed, in batches.</summary>
    Compress = 16,

    /// <summary>All of them.</summary>
    All = Zero | Unchanged | Reference | Delta | Compress,
}

/// <summary>How a source sends pages, and whether a target takes them so.</summary>
public sealed record PageWorkOptions
{
    /// <summary>Bytes pass unread.</summary>
    public static PageWorkOptions Off { get; } = new() { Kinds = PageKinds.None };

    /// <summary>What may be done; <see cref="PageKinds.None"/> is off.</summary>
    public PageKinds Kinds { get; init; } = PageKinds.All;

    /// <summary>A step of <see cref="CompressionLevels"/>; null lets the measured link and processor decide.</summary>
    public int? Level { get; init; }

    /// <summary>Contents kept for deltas, bytes.</summary>
    public long DeltaCacheBytes { get; init; } = Limits.PageWork.DeltaCacheBytes;

    /// <summary>What this host lacks for any page work; null when nothing.</summary>
    public static string? Missing => XxHash.Missing;

    /// <summary>Whether there is any.</summary>
    public bool IsOn => Kinds != PageKinds.None;
}
