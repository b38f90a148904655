using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Pages.Store;

/// <summary>
/// Pages of one guest on disk. Three files: `pages`, each at its fixed place, holes where nothing came; `hashes`, 16 bytes
/// for each page; `head`, the beginning of QEMU's stream. Nothing is flushed and no order is kept: a page counts only
/// when its hash fits its bytes, so whatever a crash tears apart is a missing page, and never a wrong one. Written by
/// calls and not by mapping, because a disk that is full would end the process of who wrote to a mapping.
/// </summary>
internal sealed class PageStore : IHeldPages, IDisposable
{
    private readonly IStoreDisk _disk;
    private readonly string _name;
    private readonly IDisposable _lock;
    private readonly IStoreFile _pages;
    private readonly IStoreFile _hashes;
    private readonly PageHash[] _table;
    private PageHash _mark;
    private int _markFirst;
    private int _markCount;

    /// <summary>Over files that have the right size already.</summary>
    public PageStore(IStoreDisk disk, string name, IDisposable held, StoreIdentity identity, int pages, bool check)
    {
        (_disk, _name, _lock) = (disk, name, held);
        Identity = identity;
        _pages = disk.Open(name, "pages");
        _hashes = disk.Open(name, "hashes");
        _table = new PageHash[pages];
        _hashes.Read(MemoryMarshal.AsBytes(_table.AsSpan()), 0);
        if (check)
            Damaged = Check();
    }

    public StoreIdentity Identity { get; }

    /// <summary>Pages whose bytes did not fit their hash when it was opened; they count as missing.</summary>
    public int Damaged { get; }

    public ReadOnlyMemory<byte> Key => Identity.Key;

    public ReadOnlySpan<PageHash> Hashes => _table;

    /// <summary>Pages that are held, zeros too.</summary>
    public int Held => _table.Length - _table.AsSpan().Count(PageHash.Missing);

    public void Put(int first, ReadOnlySpan<byte> pages, ReadOnlySpan<PageHash> hashes)
    {
        WriteMarks();
        Write(_pages, pages, (long)first * Limits.Stream.PageSize);
        hashes.CopyTo(_table.AsSpan(first));
        WriteHashes(first, hashes.Length);
    }

    public void PutMark(int first, int count, in PageHash mark)
    {
        if (_markCount == 0 || mark != _mark || first != _markFirst + _markCount)
        {
            WriteMarks();
            (_mark, _markFirst) = (mark, first);
        }

        _markCount += count;
        _table.AsSpan(first, count).Fill(mark);
    }

    public void Read(int first, Span<byte> pages)
    {
        try
        {
            _pages.Read(pages, (long)first * Limits.Stream.PageSize);
        }
        catch (IOException e)
        {
            throw new PageWorkException(PageWorkFault.Store, $"the page store cannot be read: {e.Message}", e);
        }
    }

    public void PutHead(ReadOnlySpan<byte> head)
    {
        try
        {
            var bytes = new byte[head.Length + 8];
            head.CopyTo(bytes);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(head.Length), SumOf(head));
            _disk.Replace(_name, "head", bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PageWorkException(PageWorkFault.Store, $"the page store cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The beginning of QEMU's stream; empty when it is not whole.</summary>
    public byte[] Head()
    {
        var bytes = _disk.ReadUpTo(_name, "head", Limits.PageWork.HeadBytesMax + (128 * 1024));
        if (bytes is null || bytes.Length < 8)
            return [];
        var head = bytes.AsSpan(0, bytes.Length - 8);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(head.Length)) == SumOf(head) ? head.ToArray() : [];
    }

    public void Dispose()
    {
        try
        {
            WriteMarks();
        }
        catch (PageWorkException)
        {
            // What could not be noted counts as it did before; a page that does not fit will be missing.
        }

        _pages.Dispose();
        _hashes.Dispose();
        _lock.Dispose();
    }

    /// <summary>Pages that do not fit their hash become missing.</summary>
    private int Check()
    {
        var hasher = new PageHasher(Identity.Key);
        var bytes = new byte[Math.Min(Limits.PageStore.CheckPages, _table.Length) * Limits.Stream.PageSize];
        var damaged = 0;
        for (var first = 0; first < _table.Length; first += Limits.PageStore.CheckPages)
        {
            var run = _table.AsSpan(first, Math.Min(Limits.PageStore.CheckPages, _table.Length - first));
            if (!run.ContainsAnyExcept(PageHash.Missing, PageHash.Zero))
                continue;
            _pages.Read(bytes.AsSpan(0, run.Length * Limits.Stream.PageSize), (long)first * Limits.Stream.PageSize);
            for (var i = 0; i < run.Length; i++)
            {
                if (run[i].IsMissing || run[i].IsZero
                    || hasher.Hash(bytes.AsSpan(i * Limits.Stream.PageSize, Limits.Stream.PageSize)) == run[i])
                    continue;
                damaged++;
                PutMark(first + i, 1, PageHash.Missing);
            }
        }

        WriteMarks();
        return damaged;
    }

    private ulong SumOf(ReadOnlySpan<byte> head) => new PageHasher(Identity.Key).Check("head"u8, head, default);

    private void WriteMarks()
    {
        if (_markCount == 0)
            return;
        var count = _markCount;
        _markCount = 0;
        WriteHashes(_markFirst, count);
    }

    private void WriteHashes(int first, int count) =>
        Write(_hashes, MemoryMarshal.AsBytes(_table.AsSpan(first, count)), (long)first * PageHash.Size);

    private static void Write(IStoreFile file, ReadOnlySpan<byte> bytes, long at)
    {
        try
        {
            file.Write(bytes, at);
        }
        catch (IOException e)
        {
            throw new PageWorkException(PageWorkFault.Store, $"the page store cannot be written: {e.Message}", e);
        }
    }
}
