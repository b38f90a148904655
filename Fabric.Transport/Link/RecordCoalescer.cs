using System.Runtime.CompilerServices;
using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// Between TLS and the socket. TLS writes and reads each record of 16 KiB by itself: a system call, and whenever it
/// has to wait a change of threads and garbage. Here the records of one frame are gathered, which never waits, and
/// leave in one write at the push; and as many records as have come are read at once, and handed out without waiting.
/// One writer and one reader at a time, as TLS has it.
/// </summary>
internal sealed class RecordCoalescer(Stream inner) : Stream
{
    // A frame is 16 records; TLS 1.3 adds 22 bytes to each. A page more holds whatever else TLS has to say; what does
    // not fit is written through.
    private const int Capacity = Limits.Relay.HeaderSize + Limits.Relay.PayloadMax + 4096;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private readonly byte[] _read = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private int _count;
    private int _readFrom;
    private int _readTo;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _readFrom == _readTo ? RefillAsync(buffer, cancellationToken) : new ValueTask<int>(HandOut(buffer));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length > _bytes.Length - _count)
            return WriteThroughAsync(buffer, cancellationToken);
        buffer.CopyTo(_bytes.AsMemory(_count));
        _count += buffer.Length;
        return default;
    }

    /// <summary>As a flush, but without garbage.</summary>
    public ValueTask PushAsync(CancellationToken cancellation = default)
    {
        var count = _count;
        _count = 0;
        return count == 0 ? default : inner.WriteAsync(_bytes.AsMemory(0, count), cancellation);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => PushAsync(cancellationToken).AsTask();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> RefillAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        // TLS asks for nothing to learn when there is something.
        if (buffer.IsEmpty)
            return await inner.ReadAsync(buffer, cancellation);
        _readFrom = _readTo = 0;
        _readTo = await inner.ReadAsync(_read, cancellation);
        return HandOut(buffer);
    }

    private int HandOut(Memory<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _readTo - _readFrom);
        _read.AsMemory(_readFrom, count).CopyTo(buffer);
        _readFrom += count;
        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation)
    {
        await PushAsync(cancellation);
        await inner.WriteAsync(buffer, cancellation);
    }
}
