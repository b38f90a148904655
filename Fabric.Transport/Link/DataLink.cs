using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>
/// The link over one stream: frames out, frames in. The stream is TLS from <see cref="Connect.DataConnector"/> and
/// <see cref="Connect.DataListener"/>; <see cref="Over"/> takes any stream, for tests and measurements.
/// Its socket must never have seen an asynchronous call: from then on, .NET would wake a thread of its own for each
/// arrival before it wakes the one that waits.
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

    /// <summary>A link over a stream that both sides have agreed on already. Owns the stream, whose blocking calls
    /// must end when it is disposed of.</summary>
    public static DataLink Over(Stream stream, LinkChannel sends, TimeProvider time) =>
        new(stream, tail: null, sends, time);

    /// <summary>A link over TLS whose records gather in the tail.</summary>
    internal static DataLink OverTls(Stream tls, RecordCoalescer tail, LinkChannel sends, TimeProvider time) =>
        new(tls, tail, sends, time);

    /// <inheritdoc/>
    public void Send(LinkBuffer buffer, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Limits.Relay.PayloadMax);
        if (_completed)
            throw new InvalidOperationException("bytes after the end of the stream");
        new FrameHeader(FrameType.Data, Sends, length).Write(buffer.Header);
        Write(buffer.Frame(length));
    }

    /// <inheritdoc/>
    public void Complete()
    {
        if (_completed)
            throw new InvalidOperationException("the stream was ended before");
        _completed = true;
        Span<byte> frame = stackalloc byte[Limits.Relay.HeaderSize];
        new FrameHeader(FrameType.End, Sends, 0).Write(frame);
        Write(frame);
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> into)
    {
        if (into.IsEmpty)
            throw new ArgumentException("no room: 0 would look like the end of the stream", nameof(into));
        if (_left == 0 && !NextFrame())
            return 0;

        // As many as have come: QEMU gets its bytes before the frame is complete. A cut in mid-frame is told below,
        // and QEMU's own stream shows it as incomplete. Of TLS, whole records that lie here already come along: a
        // write to QEMU for each of their 16 KiB would wake QEMU for each.
        var count = ReceiveSome(into);
        while (_left > 0 && into.Length - count >= Limits.Relay.GatherRoomMin && _tail is { HoldsRecord: true })
            count += ReceiveSome(into[count..]);
        return count;
    }

    /// <inheritdoc/>
    public async ValueTask AbortAsync(AbortReason reason)
    {
        if (Volatile.Read(ref _closed) != 0)
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.Relay.AbortSendMs), _time);
        var hasTurn = false;
        try
        {
            // Behind a frame that is half out, the reason has to wait; a stuck path is cut instead.
            await _writing.WaitAsync(limit.Token);
            hasTurn = true;
            await Task.Run(() => SendReason(reason), CancellationToken.None).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The peer will see a cut.
        }

        await DisposeAsync();

        // Only now: nothing may follow a reason, and who waits to write finds the link closed.
        if (hasTurn)
            _writing.Release();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return default;

        // The socket first: it ends the calls under way, of which TLS knows nothing.
        _tail?.Dispose();
        return _stream.DisposeAsync();
    }

    /// <summary>Takes a frame's head; false at the end of the peer's channel.</summary>
    private bool NextFrame()
    {
        Fill(_head, _headCount);
        _headCount = 0;
        var header = Checked(_head);
        if (header.Type == FrameType.End)
        {
            _ended = true;
            return false;
        }

        if (header.Type == FrameType.Abort)
        {
            Fill(_reason, 0);
            throw Aborted(_reason[0]);
        }

        _left = header.Length;
        return true;
    }

    private int ReceiveSome(Span<byte> into)
    {
        // The next frame's head comes along where there is room for it: a read less for each frame.
        var withHead = _left + Limits.Relay.HeaderSize;
        var count = Read(into.Length >= withHead ? into[..withHead] : into[..Math.Min(_left, into.Length)]);
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

    private void SendReason(AbortReason reason)
    {
        Span<byte> frame = stackalloc byte[Limits.Relay.HeaderSize + 1];
        new FrameHeader(FrameType.Abort, Sends, 1).Write(frame);
        frame[^1] = (byte)reason;
        try
        {
            _stream.Write(frame);
            _tail?.Push();
        }
        catch (Exception e) when (IsCut(e))
        {
            // The peer will see a cut.
        }
    }

    private void Write(ReadOnlySpan<byte> frame)
    {
        _writing.Wait();
        try
        {
            _stream.Write(frame);
            _tail?.Push();
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

    private void Fill(Span<byte> all, int filled)
    {
        while (filled < all.Length)
        {
            var count = Read(all[filled..]);
            if (count == 0)
            {
                throw new LinkException(
                    LinkFault.Cut,
                    filled == 0 ? "the data link closed" : "the data link closed in the middle of a frame");
            }

            filled += count;
        }
    }

    private int Read(Span<byte> into)
    {
        try
        {
            var count = _stream.Read(into);
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
