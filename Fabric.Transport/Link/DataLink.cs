using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>
/// The link over one stream: frames out, frames in. The stream is TLS from <see cref="Connect.DataConnector"/> and
/// <see cref="Connect.DataListener"/>; <see cref="Over"/> takes any stream, for tests and measurements.
/// Nothing is allocated for a page: the buffers are the caller's and the state machines are pooled.
/// </summary>
public sealed class DataLink : IDataLink
{
    private readonly Stream _stream;
    private readonly RecordCoalescer? _tail;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly byte[] _head = new byte[Limits.Relay.HeaderSize];
    private readonly byte[] _reason = new byte[1];
    private readonly LinkChannel _receives;
    private int _headCount;
    private int _left;
    private bool _ended;
    private bool _completed;
    private int _closed;
    private long _bytesSent;
    private long _bytesReceived;

    private DataLink(Stream stream, RecordCoalescer? tail, LinkChannel sends, TimeProvider time)
    {
        _tail = tail;
        _stream = stream;
        _time = time;
        Sends = sends;
        _receives = sends == LinkChannel.Ram ? LinkChannel.ReturnPath : LinkChannel.Ram;
    }

    /// <inheritdoc/>
    public LinkChannel Sends { get; }

    /// <inheritdoc/>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <inheritdoc/>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>A link over a stream that both sides have agreed on already. Owns the stream.</summary>
    public static DataLink Over(Stream stream, LinkChannel sends, TimeProvider time) =>
        new(stream, tail: null, sends, time);

    /// <summary>A link over TLS whose records gather in the tail.</summary>
    internal static DataLink OverTls(Stream tls, RecordCoalescer tail, LinkChannel sends, TimeProvider time) =>
        new(tls, tail, sends, time);

    /// <inheritdoc/>
    public ValueTask SendAsync(LinkBuffer buffer, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Limits.Relay.PayloadMax);
        if (_completed)
            throw new InvalidOperationException("bytes after the end of the stream");
        new FrameHeader(FrameType.Data, Sends, length).Write(buffer.Header);
        return WriteAsync(buffer.Frame(length));
    }

    /// <inheritdoc/>
    public ValueTask CompleteAsync()
    {
        if (_completed)
            throw new InvalidOperationException("the stream was ended before");
        _completed = true;
        var frame = new byte[Limits.Relay.HeaderSize];
        new FrameHeader(FrameType.End, Sends, 0).Write(frame);
        return WriteAsync(frame);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        if (into.IsEmpty)
            throw new ArgumentException("no room: 0 would look like the end of the stream", nameof(into));
        if (_left == 0)
        {
            await FillAsync(_head, _headCount);
            _headCount = 0;
            var header = Checked(_head);
            if (header.Type == FrameType.End)
            {
                _ended = true;
                return 0;
            }

            if (header.Type == FrameType.Abort)
            {
                await FillAsync(_reason, 0);
                throw Aborted(_reason[0]);
            }

            _left = header.Length;
        }

        // As many as have come: QEMU gets its bytes before the frame is complete. A cut in mid-frame is told below,
        // and QEMU's own stream shows it as incomplete.
        // The next frame's head comes along where there is room for it: a read less for each frame.
        var withHead = _left + Limits.Relay.HeaderSize;
        var count = await ReadAsync(into.Length >= withHead ? into[..withHead] : into[..Math.Min(_left, into.Length)]);
        if (count == 0)
            throw new LinkException(LinkFault.Cut, "the data link closed in the middle of a frame");
        if (count > _left)
        {
            _headCount = count - _left;
            into.Slice(_left, _headCount).CopyTo(_head);
            count = _left;
        }

        _left -= count;
        return count;
    }

    /// <inheritdoc/>
    public async ValueTask AbortAsync(AbortReason reason)
    {
        if (Volatile.Read(ref _closed) != 0)
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.Relay.AbortSendMs), _time);
        try
        {
            // Behind a frame that is half out, the reason has to wait; a stuck path is cut instead.
            await _writing.WaitAsync(limit.Token);
            var frame = new byte[Limits.Relay.HeaderSize + 1];
            new FrameHeader(FrameType.Abort, Sends, 1).Write(frame);
            frame[^1] = (byte)reason;
            await _stream.WriteAsync(frame, limit.Token);
            if (_tail is not null)
                await _tail.PushAsync(limit.Token);
        }
        catch (Exception e) when (IsCut(e) || e is OperationCanceledException)
        {
            // The peer will see a cut.
        }

        await DisposeAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _closed, 1) == 0 ? _stream.DisposeAsync() : default;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAsync(ReadOnlyMemory<byte> frame)
    {
        await _writing.WaitAsync();
        try
        {
            await _stream.WriteAsync(frame);
            if (_tail is not null)
                await _tail.PushAsync();
            Volatile.Write(ref _bytesSent, _bytesSent + frame.Length);
        }
        catch (Exception e) when (IsCut(e))
        {
            throw new LinkException(LinkFault.Cut, "the data link broke while sending", e);
        }
        finally
        {
            _writing.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync(Memory<byte> all, int filled)
    {
        while (filled < all.Length)
        {
            var count = await ReadAsync(all[filled..]);
            if (count == 0)
            {
                throw new LinkException(
                    LinkFault.Cut,
                    filled == 0 ? "the data link closed" : "the data link closed in the middle of a frame");
            }

            filled += count;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        try
        {
            var count = await _stream.ReadAsync(into);
            Volatile.Write(ref _bytesReceived, _bytesReceived + count);
            return count;
        }
        catch (Exception e) when (IsCut(e))
        {
            throw new LinkException(LinkFault.Cut, "the data link broke while receiving", e);
        }
    }

    private FrameHeader Checked(ReadOnlySpan<byte> head)
    {
        if (!FrameHeader.TryParse(head, out var header, out var fault))
            throw new LinkException(LinkFault.BadFrame, $"bad frame on the data link: {fault}");
        if (header.Channel != _receives)
            throw new LinkException(LinkFault.BadFrame,
                $"bad frame on the data link: channel {header.Channel} goes the other way");
        if (_ended && header.Type != FrameType.Abort)
            throw new LinkException(LinkFault.BadFrame,
                $"bad frame on the data link: {header.Type} after the end of the stream");
        return header;
    }

    private static LinkException Aborted(byte code)
    {
        var reason = (AbortReason)code;
        return Enum.IsDefined(reason)
            ? new LinkException(LinkFault.Aborted, $"the peer ended the data link: {reason}") { Reason = reason }
            : new LinkException(LinkFault.BadFrame, $"bad frame on the data link: abort reason {code} is unknown");
    }

    // InvalidOperation and NotSupported: SslStream says so when it was closed, or broken by an earlier call.
    private static bool IsCut(Exception e) => e is IOException or SocketException or ObjectDisposedException
        or InvalidOperationException or NotSupportedException;
}
