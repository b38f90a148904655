using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>Takes a batch's items apart, with the data that belongs to each. Whatever does not fit is a fault.</summary>
internal ref struct ItemCursor(ReadOnlySpan<byte> items, ReadOnlySpan<byte> data, ReadOnlySpan<byte> raw)
{
    private ReadOnlySpan<byte> _items = items;
    private ReadOnlySpan<byte> _data = data;
    private ReadOnlySpan<byte> _raw = raw;
    private long _last;

    public WorkItem Kind { get; private set; }

    /// <summary>The first page.</summary>
    public long Page { get; private set; }

    /// <summary>Pages.</summary>
    public uint Count { get; private set; }

    /// <summary>A digest, the half of a hash, or the byte of a filled page.</summary>
    public ulong Check { get; private set; }

    /// <summary>The page referred to.</summary>
    public long Other { get; private set; }

    /// <summary>Bytes between pages, whole pages, or a patch.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>False at the end, where nothing may be left.</summary>
    public bool Next()
    {
        if (_items.IsEmpty)
        {
            if (!_data.IsEmpty || !_raw.IsEmpty)
                throw Bad($"{_data.Length} and {_raw.Length} bytes belong to no item");
            return false;
        }

        Kind = (WorkItem)_items[0];
        _items = _items[1..];
        switch (Kind)
        {
            case WorkItem.Bytes:
                Data = Take(ref _data, Number());
                return true;
            case WorkItem.Fill:
                Run();
                Check = Take(ref _items, 1)[0];
                break;
            case WorkItem.Same:
                Run();
                Check = UInt64();
                break;
            case WorkItem.Plain:
                Run();
                Data = Pages(ref _data);
                break;
            case WorkItem.Raw:
                Run();
                Data = Pages(ref _raw);
                break;
            case WorkItem.Reference:
                One();
                Other = Page + Varint.UnZigZag(Number());
                Check = UInt64();
                break;
            case WorkItem.Patch:
                One();
                var length = Number();
                Check = UInt64();
                Data = Take(ref _data, length);
                break;
            default:
                throw Bad($"kind {(byte)Kind} is not known");
        }

        _last = Page + Count;
        return true;
    }

    private void Run()
    {
        Page = _last + Varint.UnZigZag(Number());
        Count = Number();
        if (Count == 0)
            throw Bad("a run has no pages");
    }

    private void One()
    {
        Page = _last + Varint.UnZigZag(Number());
        Count = 1;
    }

    private uint Number() =>
        Varint.TryRead(ref _items, out var value) ? value : throw Bad("a number is cut or too large");

    private ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(ref _items, 8));

    private readonly ReadOnlySpan<byte> Pages(scoped ref ReadOnlySpan<byte> from) => Count <= Limits.PageWork.BatchPagesMax
        ? Take(ref from, Count * Limits.Stream.PageSize)
        : throw Bad($"{Count} pages are not in one batch");

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> from, uint count)
    {
        if (count > from.Length)
            throw Bad($"{count} bytes are wanted and {from.Length} are there");
        var taken = from[..(int)count];
        from = from[(int)count..];
        return taken;
    }

    private static PageWorkException Bad(string what) => new(PageWorkFault.Item, $"a batch cannot be read: {what}");
}
