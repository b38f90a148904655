namespace Fabric.Protocol;

/// <summary>
/// One end of a data link, without bytes, sockets and time: which frame goes next by which connection, and what to make
/// of one that came. Both ends are the same machine. A frame may leave by any connection; the peer puts the bytes in
/// order. On each connection, first and before any bytes:
/// <code>
///   each side --- Ack of every channel it receives: "I have so much" ---> the other
/// </code>
/// From then on the other knows what to send again, so a connection after a cut needs nothing more than this. With one
/// connection what is sent again begins exactly there, and every number that is not the next is refused. With several,
/// a frame of a lost one may come twice, and is taken once.
/// Held by one thread at a time. Nothing is allocated for a frame.
/// </summary>
public sealed class LinkMachine
{
    private readonly LinkSide _side;
    private readonly ChannelSender?[] _senders = new ChannelSender?[LinkChannels.Count];
    private readonly ChannelReceiver?[] _receivers = new ChannelReceiver?[LinkChannels.Count];
    private readonly long[] _roundTrips = new long[Limits.Link.RoundTripsKept];
    private readonly Greeting[] _greetings = new Greeting[Limits.Link.ConnectionsMax];
    private readonly int _mine;
    private readonly int _theirs;
    private bool _striped;
    private bool _leaving;
    private bool _byeSent;
    private int _acksDue;
    private long _peerStamp;
    private long _peerStampAt;
    private int _roundTripsSeen;

    /// <summary>A link that nothing was sent on.</summary>
    public LinkMachine(LinkSide side, LinkTerms terms, bool mayDial, long now)
    {
        _side = side;
        Keeper = new LinkKeeper(side, terms, mayDial, now);
        for (var c = LinkChannels.Ram; c < LinkChannels.Count; c++)
        {
            if (LinkChannels.SenderOf(c) == side)
            {
                _senders[c] = new ChannelSender(LinkChannels.WindowOf(c));
                _theirs |= 1 << c;
            }
            else
            {
                _receivers[c] = new ChannelReceiver(LinkChannels.WindowOf(c));
                _mine |= 1 << c;
            }
        }
    }

    /// <summary>The connections.</summary>
    public LinkKeeper Keeper { get; }

    /// <summary>
    /// Time of a round trip in milliseconds, the least of the last few that were measured: a sign of life may have waited
    /// behind bytes. Null before the first.
    /// </summary>
    public long? RoundTripMs => _roundTripsSeen == 0
        ? null
        : _roundTrips.Take(Math.Min(_roundTripsSeen, _roundTrips.Length)).Min();

    /// <summary>The peer said that it is done and will not come back.</summary>
    public bool PeerLeft { get; private set; }

    /// <summary>When the peer last acknowledged something new, or the link came up.</summary>
    public long MovedAt { get; private set; }

    /// <summary>Frames that came twice and were taken once.</summary>
    public long DuplicatesDropped { get; private set; }

    private Strictness Strictness => new(Ordered: !_striped, AfterLoss: Keeper.Losses > 0);

    /// <summary>The half that sends on a channel of this side.</summary>
    public ChannelSender Sender(int channel) => _senders[channel] ?? throw WrongSide(channel);

    /// <summary>The half that receives a channel of the peer.</summary>
    public ChannelReceiver Receiver(int channel) => _receivers[channel] ?? throw WrongSide(channel);

    /// <summary>There is more than one connection, or was.</summary>
    public bool IsStriped => _striped;

    /// <summary>Nothing was received, and nothing that was sent was acknowledged.</summary>
    public bool IsUntouched =>
        Array.TrueForAll(_senders, s => s is null || s.Acked == 0)
        && Array.TrueForAll(_receivers, r => r is null || r.Received == 0);

    /// <summary>Both sides have said that they are done.</summary>
    public bool HaveBothLeft => _byeSent && PeerLeft;

    /// <summary>Something came of which the peer should know at once.</summary>
    public bool OwesAck
    {
        get
        {
            foreach (var receiver in _receivers)
            {
                if (receiver?.OwesAck(soon: false) == true)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Whether that connection carries anything that is not acknowledged.</summary>
    public bool IsUsed(int slot)
    {
        foreach (var sender in _senders)
        {
            if (sender?.Uses(slot) == true)
                return true;
        }

        return false;
    }

    /// <summary>A second connection is about to be made: from now on frames may come out of order.</summary>
    public void Striping() => _striped = true;

    /// <summary>A connection is up, in the place of one that may have been there.</summary>
    public void Opened(int slot, long now)
    {
        Lost(slot, now);
        if (slot > 0)
            Striping();
        Keeper.Opened(slot, now);
        _greetings[slot] = new Greeting { Owed = _mine, Awaited = _theirs };
        MovedAt = Math.Max(MovedAt, now);
    }

    /// <summary>A connection is lost: what it carried goes by another, or by its successor.</summary>
    public void Lost(int slot, long now)
    {
        if (!Keeper.IsOpen(slot))
            return;
        Keeper.Lost(slot, now);
        foreach (var sender in _senders)
            sender?.Lose(slot);

        // What was acknowledged by it may not have arrived, and a peer that waits for room would wait for ever.
        _acksDue = _mine;
        _byeSent = false;
    }

    /// <summary>Both directions of every channel in use are through, and this side says so when it can.</summary>
    public void Leave() => _leaving = true;

    /// <summary>What this connection carries next; false when it has nothing to carry.</summary>
    public bool TryTake(int slot, long now, out LinkOut next)
    {
        next = default;
        if (!Keeper.IsOpen(slot))
            return false;
        if (TryGreet(slot, out next) || TryAck(out next) || TryData(slot, out next))
            return true;

        if (_leaving && !_byeSent && !AnyWaits())
        {
            _byeSent = true;
            next = new LinkOut(LinkOutKind.Bye, 0, default, 0, 0, default);
            return true;
        }

        // Also while bytes flow: a sign of life carries the clocks, and else a busy link would not know its round trip.
        if (!Keeper.OwesBeat(slot))
            return false;
        Keeper.Beaten(slot);
        var held = _peerStamp == 0 ? 0 : Math.Max(0, now - _peerStampAt);
        next = new LinkOut(LinkOutKind.Beat, 0, default, 0, 0, new LinkBeat(Math.Max(1, now), _peerStamp, held));
        return true;
    }

    /// <summary>Whether there is anything that this connection could carry now.</summary>
    public bool HasWork(int slot)
    {
        if (!Keeper.IsOpen(slot))
            return false;
        if ((_greetings[slot].Owed | _acksDue) != 0 || Keeper.OwesBeat(slot)
            || (_leaving && !_byeSent && !AnyWaits()) || OwesAck)
            return true;
        if (_greetings[slot].Awaited != 0 || Keeper.IsSurplus(slot))
            return false;
        foreach (var sender in _senders)
        {
            if (sender?.CanTake == true)
                return true;
        }

        return false;
    }

    /// <summary>An acknowledgement came.</summary>
    public FrameFault Ack(int slot, int channel, long received, long limit, long now)
    {
        if (_senders[channel] is not { } sender)
            return FrameFault.WrongWay;
        var before = sender.Acked;
        var fault = sender.Acknowledge(received, limit);
        if (fault != FrameFault.None)
            return fault;
        _greetings[slot].Awaited &= ~(1 << channel);
        if (sender.Acked > before)
            MovedAt = now;
        return FrameFault.None;
    }

    /// <summary>The head of a frame with bytes came.</summary>
    public Arrival Data(int slot, int channel, long offset, int length, bool again)
    {
        if (_receivers[channel] is not { } receiver)
            return Arrival.Refuse(FrameFault.WrongWay);
        if (_greetings[slot].Awaited != 0)
            return Arrival.Refuse(FrameFault.BeforeResume);
        var arrival = receiver.Judge(offset, length, again, Strictness);
        if (arrival.Kind == ArrivalKind.Duplicate)
            DuplicatesDropped++;
        return arrival;
    }

    /// <summary>The end of a channel came.</summary>
    public FrameFault End(int slot, int channel, long offset, bool again) =>
        _receivers[channel] is not { } receiver ? FrameFault.WrongWay
        : _greetings[slot].Awaited != 0 ? FrameFault.BeforeResume
        : receiver.End(offset, again, Strictness);

    /// <summary>A sign of life came.</summary>
    public void Heard(LinkBeat beat, long now)
    {
        (_peerStamp, _peerStampAt) = (beat.Stamp, now);
        if (beat.Echo > 0 && now - beat.Echo - beat.HeldMs is >= 0 and var roundTrip)
            Keep(roundTrip);
    }

    // The least of the last is the path's; the others have waited in a queue, which is no reason to wait longer for a dead one.
    private void Keep(long roundTrip)
    {
        _roundTrips[_roundTripsSeen++ % _roundTrips.Length] = roundTrip;
        Keeper.Measured(RoundTripMs ?? roundTrip);
    }

    /// <summary>The peer leaves.</summary>
    public void Bye() => PeerLeft = true;

    /// <summary>When there is time: what is received and not told is told. Returns whether something is due.</summary>
    public bool OweAcks()
    {
        var any = false;
        for (var c = LinkChannels.Ram; c < LinkChannels.Count; c++)
        {
            if (_receivers[c]?.OwesAck(soon: true) != true)
                continue;
            _acksDue |= 1 << c;
            any = true;
        }

        return any;
    }

    private bool TryGreet(int slot, out LinkOut next)
    {
        ref var greeting = ref _greetings[slot];
        for (var c = LinkChannels.Ram; greeting.Owed != 0 && c < LinkChannels.Count; c++)
        {
            if ((greeting.Owed & (1 << c)) == 0)
                continue;
            greeting.Owed &= ~(1 << c);
            next = AckOf(c);
            return true;
        }

        next = default;
        return false;
    }

    private bool TryAck(out LinkOut next)
    {
        for (var c = LinkChannels.Ram; c < LinkChannels.Count; c++)
        {
            if (_receivers[c] is not { } receiver)
                continue;
            if ((_acksDue & (1 << c)) == 0 && !receiver.OwesAck(soon: false))
                continue;
            _acksDue &= ~(1 << c);
            next = AckOf(c);
            return true;
        }

        next = default;
        return false;
    }

    private bool TryData(int slot, out LinkOut next)
    {
        next = default;
        if (_greetings[slot].Awaited != 0 || Keeper.IsSurplus(slot))
            return false;
        foreach (var c in LinkChannels.ByUrgency)
        {
            if (_senders[c] is not { } sender || !sender.TryTake(slot, out var frame))
                continue;
            next = new LinkOut(
                frame.Length == 0 ? LinkOutKind.End : LinkOutKind.Data, c, frame, 0, 0, default);
            return true;
        }

        return false;
    }

    private LinkOut AckOf(int channel)
    {
        var (received, limit) = _receivers[channel]!.TakeAck();
        return new LinkOut(LinkOutKind.Ack, channel, default, received, limit, default);
    }

    private bool AnyWaits()
    {
        foreach (var sender in _senders)
        {
            if (sender?.Waiting > 0)
                return true;
        }

        return false;
    }

    private InvalidOperationException WrongSide(int channel) =>
        new($"channel {channel} goes the other way at the {_side}");

    private struct Greeting
    {
        public int Owed;
        public int Awaited;
    }
}
