using System.Globalization;
using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <content>Connections come and go.</content>
public sealed partial class DataLink
{
    /// <summary>The link will never carry anything again: no connection is taken any more.</summary>
    internal bool IsOver
    {
        get
        {
            lock (_gate)
                return _closed || IsFailed;
        }
    }

    /// <summary>Nothing has been received, and nothing that was sent was.</summary>
    internal bool IsUntouched
    {
        get
        {
            lock (_gate)
                return _machine.IsUntouched;
        }
    }

    private bool IsFailed => _over is not null && !IsLingering;

    /// <summary>
    /// A connection was made; one that was in its place is lost, and says nothing more. False when the link is over:
    /// the wire stays the caller's.
    /// </summary>
    internal bool Attach(int slot, LinkWire wire)
    {
        LinkConnection? old;
        LinkConnection connection;
        int open;
        lock (_gate)
        {
            if (_closed || IsFailed)
                return false;
            if (slot > 0)
                _machine.Striping();
            old = _connections[slot];
            connection = _connections[slot] = new LinkConnection(this, slot, wire);
            _machine.Opened(slot, Now());
            open = _machine.Keeper.OpenCount;

            // The peer's reader may wait on the connection that was the only one.
            if (open > 1)
                _machine.Keeper.OweBeats();
            Changed();
        }

        old?.Close();
        connection.Start();
        WakeAll();
        Tell(LinkNewsKind.Made, slot, open, "a connection of the data link is up");
        return true;
    }

    internal void Lost(LinkConnection connection, Exception cause)
    {
        int open;
        lock (_gate)
        {
            if (!IsCurrent(connection))
                return;
            if (connection.TryCount(out var counters))
                (_segmentsGone, _resentGone) = (_segmentsGone + counters.Sent, _resentGone + counters.Resent);
            _connections[connection.Slot] = null;
            _machine.Lost(connection.Slot, Now());
            open = _machine.Keeper.OpenCount;
            Changed();
        }

        connection.Close();
        WakeAll();
        Tell(LinkNewsKind.Lost, connection.Slot, open, $"a connection of the data link was lost: {cause.Message}");
        Tick();
    }

    /// <summary>
    /// Nothing can be written any more. The peer's reason may lie unread behind it, so the connection is lost only when
    /// its reader finds its end.
    /// </summary>
    internal void Mute(LinkConnection connection)
    {
        lock (_gate)
        {
            connection.IsMute = true;
            connection.ReadsAlone = true;
        }

        connection.WakeReader();
    }

    /// <summary>
    /// The link does not go on. Connections stay until it is closed, so that the peer can be told why.
    /// </summary>
    internal void Fail(LinkException cause)
    {
        lock (_gate)
        {
            _over ??= cause;
            Changed();
        }

        if (IsLingering)
            CloseAll();
    }

    private void Tick()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _machine.Keeper.Tick(Now());
            _machine.OweAcks();
            _goodput.Look(Now(), _machine.Sender((int)Sends).Acked);
            foreach (var connection in _connections)
            {
                if (connection is not null)
                    Look(connection);
            }
        }

        while (TryAct())
        {
        }

        if (IsLingering && Now() >= Volatile.Read(ref _lingerUntil))
            CloseAll();
    }

    /// <summary>Nobody has read for a while: acknowledgements and signs of life must be heard all the same.</summary>
    private void Look(LinkConnection connection)
    {
        if (!connection.IsReading && connection.Reads == connection.ReadsSeen)
        {
            connection.ReadsAlone = true;
            connection.WakeReader();
        }

        connection.ReadsSeen = connection.Reads;
        if (_machine.HasWork(connection.Slot))
            connection.WakeWriter();
        if (_machine.Keeper.IsSurplus(connection.Slot) && !_machine.IsUsed(connection.Slot))
            _machine.Keeper.Retire(connection.Slot);
    }

    private bool TryAct()
    {
        LinkAct act;
        LinkConnection? connection;
        lock (_gate)
        {
            if (_closed || !_machine.Keeper.TryTakeAct(out act))
                return false;
            connection = _connections[act.Slot];
            if (act is { Kind: LinkActKind.Dial, Slot: > 0 })
                _machine.Striping();
        }

        switch (act.Kind)
        {
            case LinkActKind.Dial:
                BlockingThread.Run("data link dial", () => Dial(act.Slot));
                break;
            case LinkActKind.Close when connection is not null:
                Lost(connection, new IOException("nothing was heard of the peer, or it was one too many"));
                break;
            case LinkActKind.Close:
                break;
            case LinkActKind.GiveUp:
                Fail(new LinkException(LinkFault.Cut, GivenUp()));
                break;
            default:
                throw new InvalidOperationException($"{act.Kind} is not an act");
        }

        return true;
    }

    private string GivenUp() => DownFor is { } down && down > TimeSpan.FromMilliseconds(Limits.Link.TickMs)
        ? string.Create(CultureInfo.InvariantCulture, $"the data link was down for {down.TotalSeconds:F0} s and was given up")
        : "the data link was cut";

    private void Dial(int slot)
    {
        try
        {
            var wire = _dialer!.Dial(slot, _stop.Token);
            if (!Attach(slot, wire))
                wire.Close();
        }
        catch (LinkException e) when (e.Fault is LinkFault.Refused or LinkFault.BadFrame && DownFor is not null)
        {
            Fail(new LinkException(LinkFault.Cut, $"the data link cannot be made again: {e.Message}", e));
        }
        catch (Exception e)
        {
            // Whatever it is, it is tried again until the link is given up.
            int open;
            lock (_gate)
            {
                _machine.Keeper.DialFailed(slot, Now());
                open = _machine.Keeper.OpenCount;
            }

            Tell(LinkNewsKind.DialFailed, slot, open, e.Message);
        }
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            foreach (var connection in _connections)
            {
                connection?.WakeWriter();
                if (_machine.IsStriped)
                    connection?.WakeReader();
            }
        }
    }

    private void CloseIfBothLeft()
    {
        lock (_gate)
        {
            if (!_machine.HaveBothLeft)
                return;
        }

        CloseAll();
    }

    /// <summary>A last frame, if the path takes it in time; then everything is closed.</summary>
    private async ValueTask CloseAsync(string why, FrameHeader last, byte? payload)
    {
        LinkConnection? connection;
        lock (_gate)
        {
            if (_closing)
                return;
            _closing = true;

            // From here nobody writes bytes any more, and nothing may follow a reason.
            connection = Array.Find(_connections, c => c is not null);
            _over ??= new LinkException(LinkFault.Cut, why);
            Changed();
        }

        if (connection is not null)
        {
            try
            {
                // Behind a frame that is half out, it has to wait; a stuck path is cut instead.
                await BlockingThread.RunAsync("data link end", () => connection.WriteLast(last, payload))
                    .WaitAsync(TimeSpan.FromMilliseconds(Limits.Relay.AbortSendMs), _time);
            }
            catch (TimeoutException)
            {
                // The peer will see a cut.
            }
        }

        CloseAll();
    }

    /// <summary>Closes everything now, whoever has not heard of it yet.</summary>
    internal void CloseAll()
    {
        LinkConnection?[] all;
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _over ??= new LinkException(LinkFault.Cut, "the data link was closed");
            all = [.. _connections];
            Array.Clear(_connections);
            Changed();
        }

        _timer.Dispose();
        _pace.Dispose();
        _stop.Cancel();
        foreach (var connection in all)
            connection?.Close();
    }

    private void Tell(LinkNewsKind kind, int slot, int open, string detail) =>
        _news?.Invoke(new LinkNews(kind, slot, open, detail));
}
