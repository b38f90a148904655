using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>Packs batches and sends them, at a level that the link's speed decides.</summary>
internal sealed class BatchSender : IDisposable
{
    private readonly byte[] _packed =
        GC.AllocateUninitializedArray<byte>(Limits.PageWork.PackedBytesMax, pinned: true);
    private readonly Codecs _codecs = new();
    private readonly IByteSink _sink;
    private readonly TimeProvider _time;
    private LevelRule? _rule;
    private PageHasher _hasher;
    private uint _sequence;
    private long _restsSince;
    private TimeSpan _rested;
    private long _notedAt;
    private PageBase? _base;
    private WindowFinder? _finder;
    private BaseWindows? _windows;
    private long _bytesOut;
    private int _level;

    public BatchSender(PageHasher hasher, IByteSink sink, TimeProvider time, PageBase? content)
    {
        _base = content;
        (_hasher, _sink, _time) = (hasher, sink, time);
        Batch.Hasher = hasher;
    }

    public BatchBuilder Batch { get; } = new();

    public long BytesOut
    {
        get => Volatile.Read(ref _bytesOut);
        set => Volatile.Write(ref _bytesOut, value);
    }

    /// <summary>A step of the ladder.</summary>
    public int Level => Volatile.Read(ref _level);

    /// <summary>From now on with this key, packed with what both sides have.</summary>
    public void Agree(PageHasher hasher, PageHash[] table, int codecs, int? level)
    {
        _hasher = hasher;
        Batch.Hasher = hasher;
        Batch.Table = table;
        if (_base is not null && (codecs & Codecs.Bit(BatchCodec.ZstdWindows)) != 0)
        {
            _windows = _codecs.Use(_base).Windows;
            _finder = new WindowFinder(_base, _windows);
        }
        else
        {
            _base?.Dispose();
        }

        _base = null;
        var most = Codecs.Usable(CompressionLevels.Count - 1, codecs);
        _level = Codecs.Usable(Math.Clamp(level ?? CompressionLevels.First, 0, most), codecs);
        _rule = level is null ? new LevelRule(_level, most) : null;
    }

    /// <summary>Bytes between pages; a full batch leaves.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Batch.Room == 0)
                Send();
            var taken = Math.Min(bytes.Length, Batch.Room);
            Batch.Bytes(bytes[..taken]);
            bytes = bytes[taken..];
        }
    }

    /// <summary>A page that is to be packed; there is room for it. True when most of it is from the boot files.</summary>
    public bool Plain(int page, ReadOnlySpan<byte> data)
    {
        Batch.Plain(page, data);
        return _finder is not null && _level >= CompressionLevels.FirstWithBase && _finder.Look(data) > data.Length / 2;
    }

    /// <summary>There is nothing to do until <see cref="RestEnds"/>: QEMU gives no more, or not faster.</summary>
    public void RestBegins() => _restsSince = _time.GetTimestamp();

    public void RestEnds()
    {
        if (_restsSince != 0)
            _rested += _time.GetElapsedTime(_restsSince);
        _restsSince = 0;
    }

    /// <summary>The batch leaves as it is; an empty one does not.</summary>
    public void Send()
    {
        if (Batch.IsEmpty)
            return;
        var plain = Batch.Complete(out var items);
        var began = _time.GetTimestamp();
        var codec = Pack(plain, out var bytes);
        var packed = _time.GetTimestamp();
        Frame(new WorkHead(WorkFrame.Batch, codec, _sequence, items, plain.Length, bytes.Length, Batch.Raw.Length, 0),
            plain, bytes, Batch.Raw);
        Note(_time.GetElapsedTime(began, packed), _time.GetElapsedTime(packed));
        Batch.Clear();
        _windows?.Clear();
    }

    /// <summary>A frame without bytes.</summary>
    public void Frame(WorkFrame type) =>
        Frame(new WorkHead(type, BatchCodec.Plain, _sequence, 0, 0, 0, 0, 0), default, default, default);

    public void Dispose()
    {
        _codecs.Dispose();
        _base?.Dispose();
    }

    private BatchCodec Pack(ReadOnlySpan<byte> plain, out ReadOnlySpan<byte> bytes)
    {
        var (codec, strength, _) = CompressionLevels.Steps[_level];
        if (codec == BatchCodec.Zstd && _windows is { Count: > 0 })
            codec = BatchCodec.ZstdWindows;
        var length = _codecs.Find(codec) is { } found
            ? found.Pack(plain, _packed.AsSpan(0, plain.Length - 1), strength)
            : 0;
        bytes = length > 0 ? _packed.AsSpan(0, length) : plain;
        return length > 0 ? codec : BatchCodec.Plain;
    }

    private void Note(TimeSpan packing, TimeSpan sending)
    {
        if (_rule is null)
            return;
        var now = _time.GetTimestamp();
        var all = _notedAt == 0 ? packing : _time.GetElapsedTime(_notedAt, now);
        _notedAt = now;
        _rule.Note(packing.Ticks * 100, (sending + _rested).Ticks * 100, all.Ticks * 100);
        _rested = TimeSpan.Zero;
        Volatile.Write(ref _level, _rule.Level);
    }

    private void Frame(
        WorkHead head, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> raw)
    {
        Span<byte> front = stackalloc byte[WorkHead.Size];
        head.Write(front);
        (head with { Check = _hasher.Check(front[..WorkHead.CheckedSize], plain, raw) }).Write(front);
        _sequence++;
        _sink.Write(front);
        if (!bytes.IsEmpty)
            _sink.Write(bytes);
        if (!raw.IsEmpty)
            _sink.Write(raw);
        BytesOut += front.Length + bytes.Length + raw.Length;
    }
}
