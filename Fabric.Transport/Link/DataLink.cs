using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>
/// The link: channels of bytes over connections that are cut and made again. What it decides, <see cref="LinkMachine"/>
/// decides; here are the bytes, the threads and the sockets.
/// <code>
///   Send -> SentFrames (kept until acknowledged) -> one of the connections ~~> FrameReader -> Inbox -> Receive
///                     \________________________________ again, when it is lost, by another ____/
/// </code>
/// One lock for all of it, never held over a call that blocks. In three files: this one has the calls, Frames what
/// connections ask for and bring, Upkeep their coming and going.
/// </summary>
public sealed partial class DataLink : IDataLink
{
    private readonly object _gate = new();
    private readonly LinkMachine _machine;
    private readonly Blocks _blocks = new();
    private readonly SentFrames?[] _sent = new SentFrames?[LinkChannels.Count];
    private readonly Inbox?[] _inboxes = new Inbox?[LinkChannels.Count];
    private readonly bool[] _endTold = new bool[LinkChannels.Count];
    private readonly LinkConnection?[] _connections = new LinkConnection?[Limits.Link.ConnectionsMax];
    private readonly ILinkDialer? _dialer;
    private readonly TimeProvider _time;
    private readonly Action<LinkNews>? _news;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private readonly SendPace _pace;
    private readonly Goodput _goodput = new();
    private readonly long _origin;
    private readonly int _receives;
    private readonly int _connectionsConfigured;
    private LinkException? _over;
    private bool _closing;
    private bool _closed;
    private bool _peerIsDone;
    private long _lingerUntil;
    private int _waiting;
    private long _bytesSent;
    private long _bytesReceived;
    private long _segmentsGone;
    private long _resentGone;

    internal DataLink(
        LinkSide side, LinkTerms terms, ILinkDialer? dialer, TimeProvider time, Action<LinkNews>? news,
        SharedPace? pace = null)
    {
        (_dialer, _time, _news, _origin) = (dialer, time, news, time.GetTimestamp());
        _pace = new SendPace(pace ?? new SharedPace(time), time, Ring);
        _connectionsConfigured = terms.Connections;
        _machine = new LinkMachine(side, terms, mayDial: dialer is not null, Now());
        Sends = side == LinkSide.Source ? LinkChannel.Ram : LinkChannel.ReturnPath;
        _receives = side == LinkSide.Source ? LinkChannels.ReturnPath : LinkChannels.Ram;
        for (var c = LinkChannels.Ram; c < LinkChannels.Count; c++)
        {
            if (LinkChannels.SenderOf(c) == side)
                _sent[c] = new SentFrames(_machine.Sender(c), _blocks);
            else
                _inboxes[c] = new Inbox(_machine.Receiver(c), _blocks);
        }

        var period = TimeSpan.FromMilliseconds(Limits.Link.TickMs);
        _timer = time.CreateTimer(static self => ((DataLink)self!).Tick(), this, period, period);
    }

    /// <inheritdoc/>
    public LinkChannel Sends { get; }

    /// <inheritdoc/>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <inheritdoc/>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <inheritdoc/>
    public TimeSpan? DownFor
    {
        get
        {
            lock (_gate)
                return _machine.Keeper.DownSince is { } since ? TimeSpan.FromMilliseconds(Now() - since) : null;
        }
    }

    /// <inheritdoc/>
    public TimeSpan StillFor
    {
        get
        {
            lock (_gate)
                return _pace.IsHolding ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Now() - _machine.MovedAt);
        }
    }

    /// <summary>Time of a round trip as last measured; null before the second sign of life.</summary>
    public TimeSpan? RoundTrip
    {
        get
        {
            lock (_gate)
                return _machine.RoundTripMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null;
        }
    }

    /// <summary>A call waits for its rate.</summary>
    internal bool IsHeldBack
    {
        get
        {
            lock (_gate)
                return _pace.IsHolding;
        }
    }

    /// <summary>Connections that are up.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
                return _machine.Keeper.OpenCount;
        }
    }

    /// <summary>
    /// A link over a stream that both sides have agreed on already: one connection, which is not made again. Owns the
    /// stream, whose blocking calls must end when it is disposed of. For tests and measurements.
    /// </summary>
    public static DataLink Over(Stream stream, LinkChannel sends, TimeProvider time, SharedPace? pace = null)
    {
        var side = sends == LinkChannel.Ram ? LinkSide.Source : LinkSide.Target;
        var link = new DataLink(side, LinkTerms.Bare, dialer: null, time, news: null, pace);
        link.Attach(0, new LinkWire(stream, Tail: null));
        return link;
    }

    /// <inheritdoc/>
    public void Send(LinkBuffer buffer, int length) => Send((int)Sends, buffer, length);

    /// <inheritdoc/>
    public long Unacknowledged
    {
        get
        {
            lock (_gate)
                return _machine.Sender((int)Sends).KeptBytes;
        }
    }

    /// <inheritdoc/>
    public void AwaitAcknowledged(long allBut)
    {
        lock (_gate)
        {
            while (_machine.Sender((int)Sends).KeptBytes > allBut && _over is null)
                AwaitChange();
        }
    }

    /// <inheritdoc/>
    public void Complete() => Complete((int)Sends);

    /// <inheritdoc/>
    public int Receive(Span<byte> into) => Receive(_receives, into);

    /// <inheritdoc/>
    public void Want(int connections)
    {
        lock (_gate)
        {
            _machine.Keeper.Want(
                connections == 0 ? _connectionsConfigured : Math.Min(connections, Limits.Link.ConnectionsMax), Now());
        }

        Tick();
    }

    /// <inheritdoc/>
    public void Pace(long bytesPerSecond) => _pace.Set(bytesPerSecond);

    /// <inheritdoc/>
    public LinkMeasures Measure()
    {
        lock (_gate)
        {
            var (known, sent, resent) = (_segmentsGone > 0, _segmentsGone, _resentGone);
            foreach (var connection in _connections)
            {
                if (connection is null || !connection.TryCount(out var counters))
                    continue;
                (known, sent, resent) = (true, sent + counters.Sent, resent + counters.Resent);
            }

            return new LinkMeasures(
                _machine.Keeper.OpenCount,
                _machine.RoundTripMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
                _goodput.BytesPerSecond, known ? sent : null, known ? resent : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask AbortAsync(AbortReason reason) => CloseAsync(
        $"this side ended the data link: {reason}", new FrameHeader(FrameType.Abort, 0, false, 1, 0), (byte)reason);

    /// <summary>
    /// Closes. When both directions are through, it goes on in the background until the peer knows that too; else the
    /// peer is told that nothing more comes.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_closing && IsDone())
            {
                _closing = true;
                _over ??= new LinkException(LinkFault.Cut, "the data link was closed: both directions had ended");
                Volatile.Write(ref _lingerUntil, Now() + Limits.Link.LingerMs);
                _machine.Leave();
                Changed();
            }
        }

        if (!IsLingering)
            return CloseAsync("the data link was closed", new FrameHeader(FrameType.Bye, 0, false, 0, 0), null);
        WakeAll();
        CloseIfBothLeft();
        return default;
    }

    internal void Send(int channel, LinkBuffer buffer, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Limits.Relay.PayloadMax);
        LinkConnection? alone;
        lock (_gate)
        {
            _pace.Ask(Limits.Relay.HeaderSize + length);
            AwaitRoom(channel, length, "bytes after the end of the stream");
            _sent[channel]!.Add(buffer, length);
            alone = Offer();
        }

        alone?.PumpInTurn();
    }

    internal void Complete(int channel)
    {
        LinkConnection? alone;
        lock (_gate)
        {
            AwaitRoom(channel, 0, "the stream was ended before");
            _sent[channel]!.AddEnd();
            alone = Offer();
        }

        alone?.PumpInTurn();
        lock (_gate)
        {
            while (!_machine.Sender(channel).IsDone && !_peerIsDone)
            {
                ThrowIfOver();
                AwaitChange();
            }
        }
    }

    internal int Receive(int channel, Span<byte> into)
    {
        if (into.IsEmpty)
            throw new ArgumentException("no room: 0 would look like the end of the stream", nameof(into));
        while (true)
        {
            LinkConnection? reads;
            int count;
            lock (_gate)
            {
                if (TryDeliver(channel, into, out count))
                {
                    if (count == 0)
                        return 0;
                    reads = null;
                }
                else if ((reads = TakeReading(channel)) is null)
                {
                    AwaitChange();
                    continue;
                }
            }

            if (reads is not null)
            {
                count = reads.Read(into, channel);
                EndReading(reads);
            }

            PushAcks();
            if (count > 0)
                return count;
        }
    }

    /// <summary>
    /// Waits for the rate, for a frame's room, and for those before it to have left: who sends feels the path, not
    /// memory.
    /// </summary>
    private void AwaitRoom(int channel, int length, string after)
    {
        var sender = _machine.Sender(channel);
        while (true)
        {
            if (sender.HasEnded)
                throw new InvalidOperationException(after);
            ThrowIfOver();
            if (_pace.MayGo() && sender.HasRoom(length) && sender.Waiting < Math.Max(1, _machine.Keeper.OpenCount))
                return;
            AwaitChange();
        }
    }

    private bool TryDeliver(int channel, Span<byte> into, out int count)
    {
        count = 0;
        if (_closing)
            ThrowIfOver();
        if (!_inboxes[channel]!.IsEmpty)
        {
            count = _inboxes[channel]!.Deliver(into);
            return true;
        }

        if (_machine.Receiver(channel).HasEnded && !_endTold[channel])
            return _endTold[channel] = true;
        ThrowIfOver();
        return false;
    }

    private void ThrowIfOver()
    {
        if (_over is { } e)
            throw new LinkException(e.Fault, e.Message, e) { Code = e.Code, Reason = e.Reason };
    }

    private void AwaitChange()
    {
        _waiting++;
        Monitor.Wait(_gate);
        _waiting--;
    }

    private void Changed()
    {
        if (_waiting > 0)
            Monitor.PulseAll(_gate);
    }

    private void Ring()
    {
        lock (_gate)
        {
            _pace.Rang();
            Changed();
        }
    }

    private bool IsDone()
    {
        var receiver = _machine.Receiver(_receives);
        return (_machine.Sender((int)Sends).IsDone || _peerIsDone) && receiver.HasEnded
            && receiver.Delivered == receiver.Contiguous;
    }

    // Both directions are through, this side was closed, and the peer may not know it yet.
    private bool IsLingering => Volatile.Read(ref _lingerUntil) != 0;

    // 0 stands for "never" in a beat, and a clock may well begin there.
    private long Now() => (long)_time.GetElapsedTime(_origin).TotalMilliseconds + 1;
}
