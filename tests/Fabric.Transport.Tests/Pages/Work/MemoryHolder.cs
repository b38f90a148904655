using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>A page store without files.</summary>
internal sealed class MemoryHolder : IPageHolder, IHeldPages
{
    private byte[] _key = [];
    private PageHash[] _hashes = [];
    private byte[] _bytes = [];

    public ReadOnlyMemory<byte> Key => _key;

    public ReadOnlySpan<PageHash> Hashes => _hashes;

    /// <summary>The bytes, to be damaged.</summary>
    public Span<byte> Bytes => _bytes;

    public byte[] Head { get; private set; } = [];

    public bool Refuses { get; init; }

    public IHeldPages? Open(RamMap map, ReadOnlyMemory<byte> key)
    {
        if (Refuses)
            return null;
        if (_hashes.Length == 0)
        {
            _key = key.ToArray();
            _hashes = new PageHash[map.Pages];
            _bytes = new byte[map.Pages * 4096L];
        }

        return this;
    }

    public void Put(int first, ReadOnlySpan<byte> pages, ReadOnlySpan<PageHash> hashes)
    {
        pages.CopyTo(_bytes.AsSpan(first * 4096));
        hashes.CopyTo(_hashes.AsSpan(first));
    }

    public void PutMark(int first, int count, in PageHash mark) => _hashes.AsSpan(first, count).Fill(mark);

    public void Read(int first, Span<byte> pages) => _bytes.AsSpan(first * 4096, pages.Length).CopyTo(pages);

    public void PutHead(ReadOnlySpan<byte> head) => Head = head.ToArray();
}
