using Fabric.Protocol;

namespace Fabric.Embedded.Guest;

/// <summary>
/// Where things are in guest memory: first the table of versions, then data pages. Of those the first part is resident,
/// written once when the guest boots; the rest stays zero until a program comes there.
/// </summary>
internal sealed class GuestLayout
{
    /// <summary>Versions of 4 bytes after the head of a table page.</summary>
    public const int EntriesPerTablePage = PageFormat.Records * PageFormat.RecordWords * sizeof(ulong) / sizeof(uint);

    /// <summary>The layout of a memory.</summary>
    public GuestLayout(int pages)
    {
        Pages = pages;
        TablePages = (pages + EntriesPerTablePage - 1) / EntriesPerTablePage;
        ResidentPages = (int)((long)(pages - TablePages) * Limits.Guest.ResidentPercent / 100);
    }

    /// <summary>All pages.</summary>
    public int Pages { get; }

    /// <summary>Pages of the table of versions.</summary>
    public int TablePages { get; }

    /// <summary>Data pages that a booted guest has written.</summary>
    public int ResidentPages { get; }

    /// <summary>The page in memory of a data page.</summary>
    public int PageOf(int data) => TablePages + data;
}
