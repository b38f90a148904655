using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>
/// One connection of a link, with a thread that reads and one that writes. With a single connection both sleep most of
/// the time: whoever sends bytes writes them, and whoever waits for bytes reads them, so that a page does not change
/// threads on its way. The threads are for all else: acknowledgements and signs of life while nobody sends, and frames
/// that come while nobody waits for them.
/// </summary>
internal sealed class LinkConnection
{
    private readonly DataLink _link;
    private readonly LinkWire _wire;
    private readonly FrameReader _reader;
    private readonly object _turn = new();
    private readonly Doorbell _writerBell = new();
    private readonly Doorbell _readerBell = new();
    private TcpCounters _counted;
    private bool _isCounted;
    private int _closed;

    public LinkConnection(DataLink link, int slot, LinkWire wire)
    {
        (_link, Slot, _wire) = (link, slot, wire);
        _reader = new FrameReader(link, this, wire);
    }

    public int Slot { get; }

    /// <summary>Somebody reads. Under the link's lock, like the four below.</summary>
    public bool IsReading { get; set; }

    /// <summary>Nobody waits for bytes: the connection's own thread reads.</summary>
    public bool ReadsAlone { get; set; } = true;

    /// <summary>A write failed.</summary>
    public bool IsMute { get; set; }

    /// <summary>How often it was read from.</summary>
    public long Reads { get; set; }

    /// <summary>The same at the last look.</summary>
    public long ReadsSeen { get; set; }

    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    public void Start()
    {
        BlockingThread.Run("data link reader", ReadLoop);
        BlockingThread.Run("data link writer", WriteLoop);
    }

    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        _wire.Close();
        _writerBell.Ring();
        _readerBell.Ring();
    }

    /// <summary>What the kernel counts of it, or what it counted when it was asked last.</summary>
    public bool TryCount(out TcpCounters counters)
    {
        if (TcpCounters.TryRead(_wire.Socket, out counters))
        {
            (_counted, _isCounted) = (counters, true);
            return true;
        }

        counters = _counted;
        return _isCounted;
    }

    public void WakeReader() => _readerBell.Ring();

    public void WakeWriter() => _writerBell.Ring();

    /// <summary>Reads once, for whoever waits for bytes of that channel; how many were put into the span.</summary>
    public int Read(Span<byte> direct, int channel)
    {
        try
        {
            return _reader.Step(direct, channel);
        }
        catch (LinkException e)
        {
            _link.Fail(e);
        }
        catch (Exception e) when (LinkFaults.IsCut(e))
        {
            _link.Lost(this, e);
        }

        return 0;
    }

    /// <summary>Writes what there is, after whoever writes now.</summary>
    public void PumpInTurn()
    {
        lock (_turn)
            Pump();
        PumpIfFree();
    }

    /// <summary>Writes what there is, or leaves it to whoever writes now.</summary>
    public void PumpIfFree()
    {
        while (_link.HasWork(this))
        {
            if (!Monitor.TryEnter(_turn))
                return;
            try
            {
                Pump();
            }
            finally
            {
                Monitor.Exit(_turn);
            }
        }
    }

    /// <summary>The last frame; then nothing more is written.</summary>
    public void WriteLast(FrameHeader header, byte? payload)
    {
        lock (_turn)
        {
            Span<byte> frame = stackalloc byte[Limits.Relay.HeaderSize + 1];
            header.Write(frame);
            frame[^1] = payload ?? 0;
            try
            {
                _wire.Write(payload is null ? frame[..^1] : frame);
            }
            catch (Exception e) when (LinkFaults.IsCut(e))
            {
                // The peer will see a cut.
            }
        }
    }

    private void Pump()
    {
        try
        {
            while (_link.TryTake(this, out var next, out var block, out var bytes))
            {
                if (block is not null)
                    WriteBytes(block, bytes);
                else
                    WriteControl(next);
                if (next.Kind == LinkOutKind.Bye)
                    _link.ByeWritten();
            }
        }
        catch (Exception e) when (LinkFaults.IsCut(e))
        {
            _link.Mute(this);
        }
    }

    private void WriteBytes(Block block, Range bytes)
    {
        var count = 0;
        try
        {
            var span = block.Bytes.AsSpan(bytes);
            _wire.Write(span);
            count = span.Length;
        }
        finally
        {
            _link.Written(block, count);
        }
    }

    private void WriteControl(in LinkOut next)
    {
        Span<byte> frame = stackalloc byte[Limits.Relay.HeaderSize + FrameHeader.ControlLengthMax];
        var length = ControlFrames.Write(next, frame);
        _wire.Write(frame[..length]);
        _link.Written(block: null, length);
    }

    private void ReadLoop() => Guard(() =>
    {
        while (!IsClosed)
        {
            if (!_link.TryBeginReading(this))
            {
                _readerBell.Wait();
                continue;
            }

            Read(default, channel: 0);
            _link.EndReading(this);
        }

        // Whoever still reads finds it closed at once; then nobody fills what a frame was to have.
        _link.AwaitNoReader(this);
        _reader.Abandon();
    });

    private void WriteLoop() => Guard(() =>
    {
        while (!IsClosed)
        {
            PumpIfFree();
            _writerBell.Wait();
        }
    });

    /// <summary>A defect ends this link, not the agent with all its other links.</summary>
    private void Guard(Action loop)
    {
        try
        {
            loop();
        }
        catch (Exception e)
        {
            _link.Fail(new LinkException(LinkFault.Cut, $"the data link failed: {e.Message}", e));
        }
    }
}
