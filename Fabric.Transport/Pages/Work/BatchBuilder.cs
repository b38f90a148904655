using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// One batch as it grows: items in front, data behind them, incompressible pages beside. Pages of one kind that follow
/// each other are one item.
/// </summary>
internal sealed class BatchBuilder
{
    // Items grow from the front of the buffer; when the batch is complete they are moved to just before the data.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Limits.PageWork.PlainBytesMax, pinned: true);
    private readonly byte[] _raw = GC.AllocateUninitializedArray<byte>(Limits.PageWork.BatchBytesMax, pinned: true);
    private int _meta;
    private int _data;
    private int _rawLength;
    private int _items;
    private WorkItem _run;
    private int _first;
    private int _count;
    private int _bytesRun;
    private byte _fill;
    private int _last;

    /// <summary>The session's; set before the first page.</summary>
    public PageHasher? Hasher { get; set; }

    /// <summary>What the target holds; a page's entry changes after its item was added and not before.</summary>
    public PageHash[] Table { get; set; } = [];

    public bool IsEmpty => _items == 0 && _run == WorkItem.None && _bytesRun == 0;

    public ReadOnlySpan<byte> Raw => _raw.AsSpan(0, _rawLength);

    /// <summary>Room in the data, and for one more item of any kind with what it ends.</summary>
    public int Room => _items + 2 >= Limits.PageWork.ItemsMax ? 0 : Limits.PageWork.BatchBytesMax - _data;

    /// <summary>Room for one more page, in the data or beside.</summary>
    public bool HasRoomForPage =>
        Room >= Limits.Stream.PageSize && _data + _rawLength <= Limits.PageWork.BatchBytesMax - Limits.Stream.PageSize;

    /// <summary>Bytes between pages; the caller saw that there is room.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (_run != WorkItem.None)
            EndRun();
        Data(bytes);
        _bytesRun += bytes.Length;
    }

    public void Fill(int page, byte value)
    {
        if (_run == WorkItem.Fill && _fill != value)
            EndRun();
        Extend(WorkItem.Fill, page);
        _fill = value;
    }

    public void Same(int page) => Extend(WorkItem.Same, page);

    public void Plain(int page, ReadOnlySpan<byte> data)
    {
        Extend(WorkItem.Plain, page);
        Data(data);
    }

    public void RawPage(int page, ReadOnlySpan<byte> data)
    {
        Extend(WorkItem.Raw, page);
        data.CopyTo(_raw.AsSpan(_rawLength));
        _rawLength += data.Length;
    }

    public void Reference(int page, int other, in PageHash hash)
    {
        EndRun();
        Item(WorkItem.Reference, page);
        Number(Varint.ZigZag(other - page));
        Check(hash.Low);
        _last = page + 1;
    }

    public void Patch(int page, ReadOnlySpan<byte> patch, in PageHash hash)
    {
        EndRun();
        Item(WorkItem.Patch, page);
        Number((uint)patch.Length);
        Check(hash.Low);
        Data(patch);
        _last = page + 1;
    }

    /// <summary>The whole batch, unpacked, and how much of it is items.</summary>
    public ReadOnlySpan<byte> Complete(out int items)
    {
        EndRun();
        items = _meta;
        var begin = Limits.PageWork.MetaBytesMax - _meta;
        Buffer.BlockCopy(_bytes, 0, _bytes, begin, _meta);
        return _bytes.AsSpan(begin, _meta + _data);
    }

    /// <summary>A new batch; its first address is counted from 0, so that each can be read by itself.</summary>
    public void Clear() => (_meta, _data, _rawLength, _items, _last) = (0, 0, 0, 0, 0);

    private void Extend(WorkItem kind, int page)
    {
        if (_run == kind && _first + _count == page)
        {
            _count++;
            return;
        }

        EndRun();
        (_run, _first, _count) = (kind, page, 1);
    }

    private void EndRun()
    {
        if (_bytesRun > 0)
        {
            _bytes[_meta++] = (byte)WorkItem.Bytes;
            Number((uint)_bytesRun);
            _items++;
            _bytesRun = 0;
        }

        if (_run == WorkItem.None)
            return;
        Item(_run, _first);
        Number((uint)_count);
        if (_run == WorkItem.Fill)
            _bytes[_meta++] = _fill;
        else if (_run == WorkItem.Same)
            Check(Hasher!.Digest(Table.AsSpan(_first, _count)));
        _last = _first + _count;
        _run = WorkItem.None;
    }

    private void Item(WorkItem kind, int page)
    {
        _bytes[_meta++] = (byte)kind;
        Number(Varint.ZigZag(page - _last));
        _items++;
    }

    private void Number(uint value) => _meta += Varint.Write(_bytes.AsSpan(_meta), value);

    private void Check(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(_meta), value);
        _meta += 8;
    }

    private void Data(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(Limits.PageWork.MetaBytesMax + _data));
        _data += bytes.Length;
    }
}
