using Fabric.Protocol;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Simulation.Pages;

/// <summary>A store that lets damaged pages through: it gives every page that is read the hash that it then has.</summary>
internal sealed class UncomparedStore(PageStore held) : IHeldPages, IDisposable
{
    private readonly PageHasher _hasher = new(held.Key.Span);
    private readonly PageHash[] _said = held.Hashes.ToArray();

    public ReadOnlyMemory<byte> Key => held.Key;

    public ReadOnlySpan<PageHash> Hashes => _said;

    public void Put(int first, ReadOnlySpan<byte> pages, ReadOnlySpan<PageHash> hashes)
    {
        held.Put(first, pages, hashes);
        hashes.CopyTo(_said.AsSpan(first));
    }

    public void PutMark(int first, int count, in PageHash mark)
    {
        held.PutMark(first, count, mark);
        _said.AsSpan(first, count).Fill(mark);
    }

    public void Read(int first, Span<byte> pages)
    {
        held.Read(first, pages);
        for (var i = 0; i < pages.Length / GuestMemory.PageSize; i++)
        {
            if (!_said[first + i].IsMissing && !_said[first + i].IsZero)
                _said[first + i] = _hasher.Hash(pages.Slice(i * GuestMemory.PageSize, GuestMemory.PageSize));
        }
    }

    public void PutHead(ReadOnlySpan<byte> head) => held.PutHead(head);

    public void Dispose() => held.Dispose();
}

/// <summary>A store that says what it held before its last transfer, for as long as nothing new is put there.</summary>
internal sealed class StaleStore(PageStore held, PageHash[] said) : IHeldPages, IDisposable
{
    public ReadOnlyMemory<byte> Key => held.Key;

    public ReadOnlySpan<PageHash> Hashes => said;

    public void Put(int first, ReadOnlySpan<byte> pages, ReadOnlySpan<PageHash> hashes)
    {
        held.Put(first, pages, hashes);
        hashes.CopyTo(said.AsSpan(first));
    }

    public void PutMark(int first, int count, in PageHash mark)
    {
        held.PutMark(first, count, mark);
        said.AsSpan(first, count).Fill(mark);
    }

    public void Read(int first, Span<byte> pages) => held.Read(first, pages);

    public void PutHead(ReadOnlySpan<byte> head) => held.PutHead(head);

    public void Dispose() => held.Dispose();
}

/// <summary>A checkpoint that takes nothing any more once the guest is paused.</summary>
internal sealed class ForgetfulCheckpoint(PageStore held, Func<bool> forgets) : IHeldPages, IDisposable
{
    public ReadOnlyMemory<byte> Key => held.Key;

    public ReadOnlySpan<PageHash> Hashes => held.Hashes;

    public void Put(int first, ReadOnlySpan<byte> pages, ReadOnlySpan<PageHash> hashes)
    {
        if (!forgets())
            held.Put(first, pages, hashes);
    }

    public void PutMark(int first, int count, in PageHash mark)
    {
        if (!forgets())
            held.PutMark(first, count, mark);
    }

    public void Read(int first, Span<byte> pages) => held.Read(first, pages);

    public void PutHead(ReadOnlySpan<byte> head) => held.PutHead(head);

    public void Dispose() => held.Dispose();
}
