using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Makes pages of items, and keeps what is held the same as what the source thinks is held. A page that was made from
/// what is held is compared with the source's hash of it; until then QEMU does not get it.
/// </summary>
internal sealed class ItemPlayer(RamMap map, IHeldPages? held, PageHasher hasher, QemuOutput output) : IDisposable
{
    private readonly byte[] _pages = GC.AllocateUninitializedArray<byte>(
        Limits.PageWork.BatchBytesMax, pinned: true);
    private readonly PageHash[] _hashes = new PageHash[Limits.PageWork.BatchPagesMax];

    // A bit for each page that QEMU has in the version that the source sent last.
    private readonly ulong[] _given = new ulong[(map.Pages + 63) / 64];

    public IHeldPages? Held => held;

    public PageHasher Hasher => hasher;

    /// <summary>A bit for each page that QEMU has.</summary>
    public ReadOnlySpan<ulong> Given => _given;

    public void Play(ref ItemCursor item)
    {
        if (item.Page < 0 || item.Page + item.Count > map.Pages)
        {
            throw new PageWorkException(
                PageWorkFault.Address, $"{item.Count} pages from {item.Page} on are not within {map.Pages}");
        }

        if (output.Begin())
            held?.PutHead(output.Head);
        var page = (int)item.Page;
        switch (item.Kind)
        {
            case WorkItem.Fill:
                Fill(page, (int)item.Count, (byte)item.Check);
                break;
            case WorkItem.Same:
                Same(page, (int)item.Count, item.Check);
                break;
            case WorkItem.Reference:
                Reference(page, item.Other, item.Check);
                break;
            case WorkItem.Patch:
                Patch(page, item.Data, item.Check);
                break;
            default:
                Whole(page, item.Data);
                break;
        }
    }

    public void Dispose()
    {
        if (held is IDisposable open)
            open.Dispose();
    }

    private void Whole(int first, ReadOnlySpan<byte> pages)
    {
        var count = pages.Length / Limits.Stream.PageSize;
        if (held is not null)
        {
            for (var i = 0; i < count; i++)
                _hashes[i] = hasher.Hash(pages.Slice(i * Limits.Stream.PageSize, Limits.Stream.PageSize));
            held.Put(first, pages, _hashes.AsSpan(0, count));
        }

        for (var i = 0; i < count; i++)
            Give(first + i, pages.Slice(i * Limits.Stream.PageSize, Limits.Stream.PageSize));
    }

    private void Fill(int first, int count, byte value)
    {
        held?.PutMark(first, count, value == 0 ? PageHash.Zero : PageHash.Missing);
        for (var page = first; page < first + count; page++)
            GiveFill(page, value);
    }

    private void Same(int first, int count, ulong digest)
    {
        if (held is not null && hasher.Digest(held.Hashes.Slice(first, count)) != digest)
            throw NotHeld(first, count, "is held in another version");
        var window = new Window(0, 0);
        for (var page = first; page < first + count; page++)
        {
            var given = IsGiven(page);
            var (block, _) = map.At(page);
            if (given && ReferenceEquals(block, output.LastBlock))
                continue;
            if (held is null)
                throw NotHeld(page, 1, given ? "continues another block" : "was never sent");
            if (held.Hashes[page].IsMissing)
                throw NotHeld(page, 1, "is not held");
            if (held.Hashes[page].IsZero)
                GiveFill(page, 0);
            else
                Give(page, Read(page, Math.Min(first + count - page, Limits.PageWork.BatchPagesMax), ref window));
        }
    }

    private void Reference(int page, long other, ulong check)
    {
        if (held is null || other < 0 || other >= map.Pages || held.Hashes[(int)other] is var hash
            && (hash.IsMissing || hash.IsZero || hash.Low != check))
            throw NotHeld((int)Math.Clamp(other, 0, map.Pages - 1), 1, "is referred to and not held so");
        var window = new Window(0, 0);
        _hashes[0] = held.Hashes[(int)other];
        var data = Read((int)other, 1, ref window);
        held.Put(page, data, _hashes.AsSpan(0, 1));
        Give(page, data);
    }

    private void Patch(int page, ReadOnlySpan<byte> patch, ulong check)
    {
        if (held is null || held.Hashes[page].IsMissing || held.Hashes[page].IsZero)
            throw NotHeld(page, 1, "is changed and not held");
        var data = _pages.AsSpan(0, Limits.Stream.PageSize);
        held.Read(page, data);
        if (!PagePatch.TryApply(patch, data))
            throw new PageWorkException(PageWorkFault.Item, $"the patch of {Name(page)} contradicts itself");
        _hashes[0] = hasher.Hash(data);
        if (_hashes[0].Low != check)
            throw Wrong(page, "changed to");
        held.Put(page, data, _hashes.AsSpan(0, 1));
        Give(page, data);
    }

    /// <summary>Pages from what is held, several in one read; each is compared with its hash when it is taken.</summary>
    private ReadOnlySpan<byte> Read(int page, int count, ref Window window)
    {
        if (page < window.First || page >= window.End)
        {
            held!.Read(page, _pages.AsSpan(0, count * Limits.Stream.PageSize));
            window = new Window(page, page + count);
        }

        ReadOnlySpan<byte> data = _pages.AsSpan((page - window.First) * Limits.Stream.PageSize, Limits.Stream.PageSize);
        return hasher.Hash(data) == held!.Hashes[page] ? data : throw Wrong(page, "is held as");
    }

    private void Give(int page, ReadOnlySpan<byte> data)
    {
        // First: with this page a piece may leave, and find no QEMU there.
        _given[page >> 6] |= 1UL << (page & 63);
        var (block, offset) = map.At(page);
        output.Page(block, offset, data);
    }

    private void GiveFill(int page, byte value)
    {
        _given[page >> 6] |= 1UL << (page & 63);
        var (block, offset) = map.At(page);
        output.Fill(block, offset, value);
    }

    private bool IsGiven(int page) => (_given[page >> 6] & (1UL << (page & 63))) != 0;

    private string Name(int page)
    {
        var (block, offset) = map.At(page);
        return $"page 0x{offset:x} of {block.Name}";
    }

    private PageWorkException NotHeld(int page, int count, string what) => new(
        PageWorkFault.NotHeld, count == 1 ? $"{Name(page)} {what}" : $"one of {count} pages from {Name(page)} on {what}");

    private PageWorkException Wrong(int page, string what) =>
        new(PageWorkFault.WrongPage, $"{Name(page)} {what} another page than the source's");

    private readonly record struct Window(int First, int End);
}
