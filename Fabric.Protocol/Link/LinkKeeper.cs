namespace Fabric.Protocol;

/// <summary>
/// Keeps the connections of a link: which are up, which are dead, when one is made again, when the link is given up.
/// Each has a slot; the source makes them and the target takes what comes.
/// <code>
///            wanted, or lost            due                  made
///   Off ---------------------> Resting -----> Dialling ----------------> Open
///    ^                            ^               |                       |
///    |  target, or not wanted     +--- failed ----+                       |
///    +---------------------------- lost, silent, too many ----------------+
/// </code>
/// A path is dead after <see cref="Limits.Link.DeadBeats"/> missed signs of life, or after as many time-outs as its own round
/// trip asks for, whichever is more. Of the time between two looks at most
/// one heartbeat counts: a process that was stopped for a minute gives its peer the time to be heard first. Times are
/// milliseconds of any steady clock.
/// </summary>
public sealed class LinkKeeper
{
    private readonly LinkSide _side;
    private readonly Slot[] _slots = new Slot[Limits.Link.ConnectionsMax];
    private readonly Queue<LinkAct> _acts = new(Limits.Link.ConnectionsMax + 1);
    private readonly int _heartbeatMs;
    private readonly int _reconnectForMs;
    private readonly bool _mayDial;
    private int _patienceMs;
    private int _wanted;
    private long _lastTick;
    private bool _over;

    /// <summary>With nothing open yet; not giving up before something was.</summary>
    /// <param name="side">Which end.</param>
    /// <param name="terms">What is configured.</param>
    /// <param name="mayDial">This end can make connections.</param>
    /// <param name="now">The time.</param>
    public LinkKeeper(LinkSide side, LinkTerms terms, bool mayDial, long now)
    {
        (_side, _heartbeatMs, _reconnectForMs, _mayDial) = (side, terms.HeartbeatMs, terms.ReconnectForMs, mayDial);
        _lastTick = now;
        Want(terms.Connections, now);
    }

    private enum Phase : byte
    {
        Off,
        Resting,
        Dialling,
        Open,
    }

    /// <summary>Connections that there should be; at the target, what it is told.</summary>
    public int Wanted => _wanted;

    /// <summary>Connections that are up.</summary>
    public int OpenCount { get; private set; }

    /// <summary>Since when there is none; null while there is one, and before the first.</summary>
    public long? DownSince { get; private set; }

    /// <summary>When the first came up, or one after a time without any.</summary>
    public long UpSince { get; private set; }

    /// <summary>Connections that were lost so far; those closed because they were too many are not.</summary>
    public int Losses { get; private set; }

    /// <summary>Whether that connection is up.</summary>
    public bool IsOpen(int slot) => _slots[slot].Phase == Phase.Open;

    /// <summary>Another number of connections, from now on.</summary>
    public void Want(int connections, long now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(connections, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(connections, Limits.Link.ConnectionsMax);
        _wanted = connections;
        if (_side != LinkSide.Source || !_mayDial)
            return;
        for (var i = 0; i < _slots.Length; i++)
        {
            ref var slot = ref _slots[i];
            if (i < _wanted && slot.Phase == Phase.Off)
                slot = new Slot { Phase = Phase.Resting, DueAt = now };
            else if (i >= _wanted && slot.Phase == Phase.Resting)
                slot.Phase = Phase.Off;
        }
    }

    /// <summary>Whether that connection is one too many, to be closed when nothing is under way on it.</summary>
    public bool IsSurplus(int slot) => _side == LinkSide.Source && slot >= _wanted && IsOpen(slot);

    /// <summary>Closes one that is too many.</summary>
    public void Retire(int slot) => _acts.Enqueue(new LinkAct(LinkActKind.Close, slot));

    /// <summary>A connection came up; one that was in its place is lost.</summary>
    public void Opened(int slot, long now)
    {
        if (IsOpen(slot))
            Lost(slot, now);
        _slots[slot] = new Slot { Phase = Phase.Open };
        OpenCount++;
        if (OpenCount > 1)
            return;
        UpSince = now;
        DownSince = null;
    }

    /// <summary>A connection is lost, or was closed. No effect on one that is not up.</summary>
    public void Lost(int slot, long now)
    {
        if (!IsOpen(slot))
            return;
        OpenCount--;
        if (slot < _wanted || _side == LinkSide.Target)
            Losses++;
        _slots[slot] = new Slot
        {
            Phase = _side == LinkSide.Source && _mayDial && slot < _wanted ? Phase.Resting : Phase.Off,
            DueAt = now,
        };
        if (OpenCount == 0)
            DownSince = now;
        if (OpenCount == 0 && _reconnectForMs == 0)
            GiveUp();
    }

    /// <summary>A connection that was to be made was not; it is tried again later.</summary>
    public void DialFailed(int slot, long now)
    {
        ref var s = ref _slots[slot];
        if (s.Phase != Phase.Dialling)
            return;
        s.Tries = Math.Min(s.Tries + 1, 16);
        s.DueAt = now + Math.Min(Limits.Link.RetryMsMax, (long)Limits.Link.RetryMsMin << (s.Tries - 1));
        s.Phase = slot < _wanted ? Phase.Resting : Phase.Off;
    }

    /// <summary>Something came by that connection.</summary>
    public void Heard(int slot) => _slots[slot].SilentMs = 0;

    /// <summary>The path's round trip, as measured: how long its silence says nothing.</summary>
    public void Measured(long roundTripMs) => _patienceMs = (int)Math.Min(
        int.MaxValue / 2, Limits.Sites.DeadPathTimeouts * RoundTrip.Seen(null, roundTripMs).TimeoutMs);

    /// <summary>A sign of life left by that connection.</summary>
    public void Beaten(int slot) => _slots[slot].SinceBeatMs = 0;

    /// <summary>A sign of life on every connection, now: what waits on one of them alone looks up.</summary>
    public void OweBeats()
    {
        for (var i = 0; i < _slots.Length; i++)
            _slots[i].SinceBeatMs = _heartbeatMs;
    }

    /// <summary>Whether a sign of life is due.</summary>
    public bool OwesBeat(int slot) => _heartbeatMs > 0 && IsOpen(slot) && _slots[slot].SinceBeatMs >= _heartbeatMs;

    /// <summary>Time passed; what it asks for is taken with <see cref="TryTakeAct"/>.</summary>
    public void Tick(long now)
    {
        var passed = (int)Math.Clamp(now - _lastTick, 0, Math.Max(_heartbeatMs, Limits.Link.TickMs));
        _lastTick = now;
        if (_over)
            return;
        for (var i = 0; i < _slots.Length; i++)
            Tick(i, passed, now);
        if (DownSince is { } since && now - since >= _reconnectForMs)
            GiveUp();
    }

    /// <summary>The next thing to do.</summary>
    public bool TryTakeAct(out LinkAct act) => _acts.TryDequeue(out act);

    private void Tick(int index, int passed, long now)
    {
        ref var slot = ref _slots[index];
        if (slot.Phase == Phase.Resting && now >= slot.DueAt)
        {
            slot.Phase = Phase.Dialling;
            _acts.Enqueue(new LinkAct(LinkActKind.Dial, index));
        }
        else if (slot.Phase == Phase.Open && _heartbeatMs > 0)
        {
            slot.SinceBeatMs += passed;
            slot.SilentMs += passed;
            if (slot.SilentMs < Math.Max(Limits.Link.DeadBeats * _heartbeatMs, _patienceMs))
                return;
            slot.SilentMs = 0;
            _acts.Enqueue(new LinkAct(LinkActKind.Close, index));
        }
    }

    private void GiveUp()
    {
        if (_over)
            return;
        _over = true;
        _acts.Enqueue(new LinkAct(LinkActKind.GiveUp, 0));
    }

    private struct Slot
    {
        public Phase Phase;
        public long DueAt;
        public int Tries;
        public int SilentMs;
        public int SinceBeatMs;
    }
}
