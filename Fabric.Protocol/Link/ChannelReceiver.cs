namespace Fabric.Protocol;

/// <summary>What is to be done with a frame that came.</summary>
public enum ArrivalKind
{
    /// <summary>Its bytes are the next.</summary>
    InOrder = 1,

    /// <summary>Bytes before it are still on their way: it waits, whole.</summary>
    Ahead,

    /// <summary>Its bytes are here: they are read and dropped.</summary>
    Duplicate,

    /// <summary>It must not be; the link ends.</summary>
    Refused,
}

/// <summary>The verdict on a frame.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Skip">Bytes at its beginning that are here already.</param>
/// <param name="Fault">Why it is refused.</param>
public readonly record struct Arrival(ArrivalKind Kind, int Skip, FrameFault Fault)
{
    internal static Arrival Refuse(FrameFault fault) => new(ArrivalKind.Refused, 0, fault);
}

/// <summary>How strictly a receiver may look.</summary>
/// <param name="Ordered">One connection only, now and before: what it brings is in order without exception.</param>
/// <param name="AfterLoss">A connection was lost, so what left by it may come again by another.</param>
public readonly record struct Strictness(bool Ordered, bool AfterLoss);

/// <summary>
/// The receiving half of a channel: puts frames in order, takes each byte once, says what it has and what more it
/// takes.
/// <code>
///    Delivered       Contiguous                    Limit
///        |   waits for   |   some of it ahead,       |
///        |   its reader  |   some on the way         |
///   -----+---------------+---------------------------+---> bytes
/// </code>
/// Limit - Delivered is the window: a reader that stops, stops its own sender and nobody else's. Holds no bytes: a
/// frame that waits is known by the tag it was given. Nothing is allocated after the beginning. Not for two threads at
/// a time.
/// </summary>
public sealed class ChannelReceiver(int windowBytes, int framesMax = Limits.Link.FramesMax)
{
    private readonly Waiting[] _ahead = new Waiting[framesMax];
    private int _aheadCount;
    private long _endAt = -1;
    private long _toldReceived;
    private long _toldLimit = windowBytes;

    /// <summary>All bytes before this came.</summary>
    public long Contiguous { get; private set; }

    /// <summary>All bytes before this were taken by the reader.</summary>
    public long Delivered { get; private set; }

    /// <summary>The end came, and all bytes before it.</summary>
    public bool HasEnded => _endAt >= 0 && Contiguous == _endAt;

    /// <summary>What is acknowledged: the end counts as a byte.</summary>
    public long Received => Contiguous + (HasEnded ? 1 : 0);

    /// <summary>Up to where bytes are taken.</summary>
    public long Limit => Delivered + windowBytes;

    /// <summary>Frames that wait for earlier ones.</summary>
    public int AheadCount => _aheadCount;

    /// <summary>Judges a frame by its head, before anything is set aside for it.</summary>
    public Arrival Judge(long offset, int length, bool again, Strictness strictness)
    {
        if (offset is < 0 or > Limits.Link.OffsetMax)
            return Arrival.Refuse(FrameFault.OffsetRange);
        var end = offset + length;
        if (_endAt >= 0 && end > _endAt)
            return Arrival.Refuse(FrameFault.AfterEnd);
        if (end > _toldLimit)
            return Arrival.Refuse(FrameFault.BeyondCredit);
        if (offset < Contiguous)
        {
            if (strictness.Ordered || !(again || strictness.AfterLoss))
                return Arrival.Refuse(FrameFault.Duplicate);
            return end <= Contiguous
                ? new Arrival(ArrivalKind.Duplicate, length, FrameFault.None)
                : new Arrival(ArrivalKind.InOrder, (int)(Contiguous - offset), FrameFault.None);
        }

        if (offset == Contiguous)
            return new Arrival(ArrivalKind.InOrder, 0, FrameFault.None);
        return strictness.Ordered ? Arrival.Refuse(FrameFault.Gap) : JudgeAhead(offset, length, again, strictness);
    }

    /// <summary>
    /// Bytes came, in order or not any more: how many of them, from the beginning, were here before; the others count
    /// from now on as received. Another connection may have brought the same meanwhile.
    /// </summary>
    public int Advance(long offset, int count)
    {
        if (offset > Contiguous)
            throw new InvalidOperationException("bytes before these have not come");
        var skip = (int)Math.Min(count, Contiguous - offset);
        Contiguous += count - skip;
        return skip;
    }

    /// <summary>A frame ahead of its time came whole; false when it is here already.</summary>
    public bool TryKeep(long offset, int length, int tag)
    {
        if (offset + length <= Contiguous || Find(offset, offset + length) >= 0)
            return false;
        if (_aheadCount == framesMax)
            throw new InvalidOperationException("more frames ahead than were judged to fit");
        _ahead[_aheadCount++] = new Waiting(offset, length, tag);
        return true;
    }

    /// <summary>A frame that waited and whose time has come: <see cref="Advance"/> is owed for it.</summary>
    public bool TryNext(out long offset, out int length, out int tag)
    {
        for (var i = 0; i < _aheadCount; i++)
        {
            (offset, length, tag) = _ahead[i];
            if (offset > Contiguous)
                continue;
            _ahead[i] = _ahead[--_aheadCount];
            return true;
        }

        (offset, length, tag) = default(Waiting);
        return false;
    }

    /// <summary>The end came.</summary>
    public FrameFault End(long offset, bool again, Strictness strictness)
    {
        if (_endAt >= 0)
        {
            return offset != _endAt || strictness.Ordered || !(again || strictness.AfterLoss)
                ? FrameFault.SecondEnd
                : FrameFault.None;
        }

        if (offset < Contiguous || AheadReaches(offset))
            return FrameFault.EarlyEnd;
        if (offset > _toldLimit)
            return FrameFault.BeyondCredit;
        if (strictness.Ordered && offset != Contiguous)
            return FrameFault.Gap;
        _endAt = offset;
        return FrameFault.None;
    }

    /// <summary>The reader took bytes.</summary>
    public void Deliver(int count)
    {
        if (count < 0 || Delivered + count > Contiguous)
            throw new InvalidOperationException("bytes were delivered that have not come");
        Delivered += count;
    }

    /// <summary>Whether the peer should be told at once, or, <paramref name="soon"/>, when there is time.</summary>
    public bool OwesAck(bool soon)
    {
        var least = soon ? 1 : windowBytes / Limits.Link.AcksPerWindow;
        return Received - _toldReceived >= least || Limit - _toldLimit >= least
            || (HasEnded && _toldReceived < Received);
    }

    /// <summary>What to tell; counts as told.</summary>
    public (long Received, long Limit) TakeAck() => (_toldReceived, _toldLimit) = (Received, Limit);

    private Arrival JudgeAhead(long offset, int length, bool again, Strictness strictness)
    {
        for (var i = 0; i < _aheadCount; i++)
        {
            var other = _ahead[i];
            if (offset >= other.End || offset + length <= other.Offset)
                continue;
            if (other.End != offset + length)
                return Arrival.Refuse(FrameFault.Overlap);
            return again || strictness.AfterLoss
                ? new Arrival(ArrivalKind.Duplicate, length, FrameFault.None)
                : Arrival.Refuse(FrameFault.Duplicate);
        }

        return _aheadCount == framesMax
            ? Arrival.Refuse(FrameFault.TooManyAhead)
            : new Arrival(ArrivalKind.Ahead, 0, FrameFault.None);
    }

    private int Find(long offset, long end)
    {
        for (var i = 0; i < _aheadCount; i++)
        {
            if (_ahead[i].Offset < end && offset < _ahead[i].End)
                return i;
        }

        return -1;
    }

    private bool AheadReaches(long offset)
    {
        for (var i = 0; i < _aheadCount; i++)
        {
            if (_ahead[i].End > offset)
                return true;
        }

        return false;
    }

    private readonly record struct Waiting(long Offset, int Length, int Tag)
    {
        public long End => Offset + Length;
    }
}
