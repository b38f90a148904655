using Fabric.Protocol;

namespace Fabric.Transport.Pages.Store;

/// <summary>Where a host keeps pages, and how many.</summary>
public sealed record PageStoreOptions
{
    /// <summary>None.</summary>
    public static PageStoreOptions Off { get; } = new();

    /// <summary>Absolute path; empty is none.</summary>
    public string Directory { get; init; } = "";

    /// <summary>Bytes of all stores: guests at their full size, though zeros take no room on the disk.</summary>
    public long QuotaBytes { get; init; } = Limits.PageStore.QuotaBytes;

    /// <summary>
    /// Stores stay after a migration that went well, and a source writes one too, so that a VM that comes back moves
    /// cheaply.
    /// </summary>
    public bool Keep { get; init; }
}
