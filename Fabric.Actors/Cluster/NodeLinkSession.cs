using System.Net.WebSockets;
using Fabric.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Cluster;

/// <summary>
/// One WebSocket's life, the same on both sides. A read loop, a write loop and a ticking watch; whichever sees the
/// end first records the one reason, and only <see cref="RunAsync"/> closes.
/// <code>
///   greeting --Open--> open --End(reason)--> closing --(peer's close, or CloseWithin)--> gone
/// </code>
/// Nothing that a peer sends throws out of here: it becomes a <see cref="LinkEnd"/>.
/// </summary>
internal sealed class NodeLinkSession : IDisposable
{
    private readonly WebSocket _socket;
    private readonly ILinkCodec _codec;
    private readonly NodeLinkSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly MessageReader _reader;
    private readonly OutboundQueue _outbound;
    private readonly long _startedAt;
    private readonly TaskCompletionSource<LinkEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private volatile bool _open;
    private int _slow;
    private int _handlerSlow;

    // Time stamps; None: not at the moment.
    private const long None = long.MinValue;
    private long _receivedAt;
    private long _sendingSince = None;
    private long _handlingSince = None;

    public NodeLinkSession(
        WebSocket socket, ILinkCodec codec, NodeLinkSettings settings, TimeProvider time, ILogger log, string peer)
    {
        (_socket, _codec, _settings, _time, _log, Peer) = (socket, codec, settings, time, log, peer);
        _reader = new MessageReader(socket);
        _outbound = new OutboundQueue(settings.OutboundMessagesMax, settings.OutboundBytesMax);
        _startedAt = time.GetTimestamp();
        _receivedAt = _startedAt;
    }

    public string Peer { get; }

    public bool HasEnded => _ended.Task.IsCompleted;

    /// <summary>Sends a frame of the greeting, before the session is open.</summary>
    public void Greet(byte[] frame) => Enqueue(frame);

    /// <summary>The greeting is done: from here <see cref="TrySend"/> works.</summary>
    public void Open() => _open = true;

    /// <summary>
    /// Queues the message. False when the session is not open, has ended, or ends now because the queue is full.
    /// Throws <see cref="ArgumentException"/> for a message that is too large for any peer.
    /// </summary>
    public bool TrySend(object message) => _open && !HasEnded && Enqueue(LinkFrames.Write(message, _codec));

    /// <summary>Ends the session. The first reason stands; later ones are its consequences.</summary>
    public void End(LinkFault fault, string detail) => _ended.TrySetResult(new LinkEnd(fault, detail));

    /// <summary>Runs to the end and tells it. <paramref name="first"/> gets the greeting's frame.</summary>
    public async Task<LinkEnd> RunAsync(
        Func<LinkFrame, ValueTask> first, Func<object, CancellationToken, ValueTask> message, CancellationToken stop)
    {
        var every = _settings.PingEvery < _settings.HelloWithin ? _settings.PingEvery : _settings.HelloWithin;
        await using var watch = _time.CreateTimer(_ => Watch(), state: null, every, every);
        await using var stopping = stop.Register(() => End(LinkFault.Stopped, "this side was stopped"));
        var reading = ReadAllAsync(first, message);
        var writing = WriteAllAsync();
        var end = await _ended.Task;
        _outbound.Complete();
        await _ending.CancelAsync();
        await CloseAsync(end, reading, writing);
        if (Interlocked.Exchange(ref _slow, 0) == 1)
            NodeLinkLog.SlowEnded(_log, Peer, "0 messages (closed)");
        return end;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
        _ending.Dispose();
    }

    private async Task ReadAllAsync(
        Func<LinkFrame, ValueTask> first, Func<object, CancellationToken, ValueTask> message)
    {
        try
        {
            var greeted = false;
            while (!HasEnded && await _reader.ReadAsync() is { } text)
            {
                Volatile.Write(ref _receivedAt, _time.GetTimestamp());
                if (HasEnded)
                    break;
                var frame = LinkFrames.Read(text);
                Volatile.Write(ref _handlingSince, _time.GetTimestamp());
                await (greeted ? HandleAsync(frame, message) : first(frame));
                greeted = true;
                HandlingEnded();
            }

            if (!HasEnded)
                _ended.TrySetResult(LinkEnd.FromClose(_socket.CloseStatus, _socket.CloseStatusDescription));
        }
        catch (LinkProtocolException e)
        {
            End(e.Fault, e.Message);
        }
        catch (WebSocketException e) when (e.WebSocketErrorCode is WebSocketError.Faulted or WebSocketError.HeaderError)
        {
            End(LinkFault.FrameInvalid, e.Message);
        }
        catch (Exception e) when (Volatile.Read(ref _handlingSince) == None)
        {
            End(LinkFault.ConnectionLost, e.Message);
        }
        catch (Exception e)
        {
            // A handler that gave up because the session ended is not a failed one.
            if (!HasEnded)
                NodeLinkLog.HandlerFailed(_log, Peer, e);
            End(LinkFault.HandlerFailed, e.GetType().Name);
        }

        HandlingEnded();
        await DrainAsync();
    }

    private async ValueTask HandleAsync(LinkFrame frame, Func<object, CancellationToken, ValueTask> message)
    {
        switch (frame)
        {
            case LinkPing:
                return;
            case LinkPayload payload:
                await message(Decode(payload), _ending.Token);
                return;
            default:
                throw new LinkProtocolException(LinkFault.UnexpectedFrame, "a second greeting");
        }
    }

    private object Decode(LinkPayload payload)
    {
        try
        {
            return _codec.Read(payload.Json.Span);
        }
        catch (Exception e) when (e is not LinkProtocolException)
        {
            throw new LinkProtocolException(LinkFault.BadMessage, e.Message, e);
        }
    }

    private async Task WriteAllAsync()
    {
        try
        {
            while (await _outbound.Reader.WaitToReadAsync())
            {
                while (!HasEnded && _outbound.Reader.TryRead(out var frame))
                {
                    Volatile.Write(ref _sendingSince, _time.GetTimestamp());
                    await _socket.SendAsync(
                        frame.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                    Volatile.Write(ref _sendingSince, None);
                    _outbound.Release(frame);
                    if (_outbound.IsLow && Interlocked.Exchange(ref _slow, 0) == 1)
                        NodeLinkLog.SlowEnded(_log, Peer, _outbound.ToString());
                }

                if (HasEnded)
                    return;
            }
        }
        catch (Exception e)
        {
            End(LinkFault.ConnectionLost, e.Message);
        }
    }

    private bool Enqueue(byte[] frame)
    {
        if (!_outbound.TryAdd(frame))
        {
            End(LinkFault.SlowConsumer, $"the outbound queue is full ({_outbound})");
            return false;
        }

        if (_outbound.IsHigh && Interlocked.Exchange(ref _slow, 1) == 0)
            NodeLinkLog.SlowBegan(_log, Peer, _outbound.ToString());
        return true;
    }

    // On the timer's thread. Time in which our own handler holds the read loop is not held against the peer.
    private void Watch()
    {
        if (HasEnded)
            return;
        if (!_open)
        {
            if (_time.GetElapsedTime(_startedAt) >= _settings.HelloWithin)
                End(LinkFault.HelloTimedOut, $"no greeting within {_settings.HelloWithin.TotalSeconds:0.###} s");
            return;
        }

        if (Passed(ref _handlingSince, _settings.PingEvery))
        {
            if (Interlocked.Exchange(ref _handlerSlow, 1) == 0)
                NodeLinkLog.HandlerSlowBegan(_log, Peer);
        }
        else if (Volatile.Read(ref _handlingSince) == None && Passed(ref _receivedAt, _settings.DeadAfter))
        {
            End(LinkFault.PeerSilent, $"nothing was heard for {_settings.DeadAfter.TotalSeconds:0.###} s");
        }

        if (Passed(ref _sendingSince, _settings.DeadAfter))
            End(LinkFault.SlowConsumer, $"one message took more than {_settings.DeadAfter.TotalSeconds:0.###} s");
        else if (_outbound.IsEmpty)
            Enqueue(LinkFrames.Ping);
    }

    private bool Passed(ref long since, TimeSpan limit)
    {
        var stamp = Volatile.Read(ref since);
        return stamp != None && _time.GetElapsedTime(stamp) >= limit;
    }

    private void HandlingEnded()
    {
        Volatile.Write(ref _receivedAt, _time.GetTimestamp());
        Volatile.Write(ref _handlingSince, None);
        if (Interlocked.Exchange(ref _handlerSlow, 0) == 1)
            NodeLinkLog.HandlerSlowEnded(_log, Peer);
    }

    // A cancelled receive would abort the socket and lose the close frame's reason, so the read loop is left to end
    // by the peer's close; the abort comes only when the peer does not answer in time.
    private async Task CloseAsync(LinkEnd end, Task reading, Task writing)
    {
        using var limit = new CancellationTokenSource(_settings.CloseWithin, _time);
        await using var abort = limit.Token.Register(_socket.Abort);
        await writing;
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(end.CloseStatus(), end.CloseText(), CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException)
        {
            _socket.Abort();
        }

        await reading;
    }

    private async Task DrainAsync()
    {
        try
        {
            await _reader.DrainAsync();
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException)
        {
            // The end is recorded already.
        }
    }
}
