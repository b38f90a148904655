namespace Fabric.Embedded.Memory;

/// <summary>
/// The pages that a guest in post-copy does not have yet. A page is put in place once: what comes for it later is old,
/// for the guest may have written it since.
/// </summary>
internal sealed class MissingPages
{
    private readonly Lock _gate = new();
    private readonly PageBitmap _present;
    private int _missing;

    /// <summary>All but those that came already.</summary>
    public MissingPages(PageBitmap present)
    {
        _present = present;
        _missing = present.Pages - present.Count();
    }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _missing;
        }
    }

    /// <summary>Whether the guest may touch it.</summary>
    public bool Has(int page)
    {
        lock (_gate)
            return _present[page];
    }

    /// <summary>Puts it in place, unless it is there; false then.</summary>
    public bool TryPlace(int page, ReadOnlySpan<byte> data, Span<byte> place)
    {
        lock (_gate)
        {
            if (_present[page])
                return false;
            data.CopyTo(place);
            _present.Add(page);
            _missing--;
            return true;
        }
    }

    /// <summary>A bit for each page that is there, in whole words of 8 bytes.</summary>
    public byte[] Bitmap()
    {
        lock (_gate)
            return _present.ToBytes();
    }
}
