using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// Between TLS and the socket. TLS writes and reads each record of 16 KiB by itself, a system call for each. Here the
/// records of one frame are gathered and leave in one write at the push; and as many records as have come are read at
/// once. One writer and one reader at a time, as TLS has it; both block.
/// </summary>
internal sealed class RecordCoalescer(Stream inner) : Stream
{
    // A frame is 16 records; TLS 1.3 adds 22 bytes to each. A page more holds whatever else TLS has to say; what does
    // not fit is written through.
    private const int Capacity = Limits.Relay.HeaderSize + Limits.Relay.PayloadMax + 4096;

    // RFC 8446, section 5.2: a head of 5 bytes, and at most 2^14 + 256 behind it.
    private const int RecordMax = 5 + (16 * 1024) + 256;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private readonly byte[] _read = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private int _count;
    private int _readFrom;
    private int _readTo;

    /// <summary>Whether the next record is here as a whole, however long it is: TLS can read it without waiting.</summary>
    public bool HoldsRecord => _readTo - _readFrom >= RecordMax;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_readFrom == _readTo)
        {
            _readFrom = _readTo = 0;
            _readTo = inner.Read(_read);
        }

        var count = Math.Min(buffer.Length, _readTo - _readFrom);
        _read.AsSpan(_readFrom, count).CopyTo(buffer);
        _readFrom += count;
        return count;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > _bytes.Length - _count)
        {
            Push();
            inner.Write(buffer);
            return;
        }

        buffer.CopyTo(_bytes.AsSpan(_count));
        _count += buffer.Length;
    }

    /// <summary>Lets go what was gathered.</summary>
    public void Push()
    {
        var count = _count;
        _count = 0;
        if (count > 0)
            inner.Write(_bytes.AsSpan(0, count));
    }

    public override void Flush() => Push();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
