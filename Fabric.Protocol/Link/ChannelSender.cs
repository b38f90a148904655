namespace Fabric.Protocol;

/// <summary>A frame to be sent now.</summary>
/// <param name="Number">Which frame of the channel, from 0.</param>
/// <param name="Offset">Of its first byte in the channel.</param>
/// <param name="Skip">Bytes at its beginning that the peer has: the frame on the wire begins behind them.</param>
/// <param name="Length">Bytes from there; 0 is the end of the channel.</param>
/// <param name="Again">It was sent before, on a connection that is lost.</param>
public readonly record struct OutFrame(long Number, long Offset, int Skip, int Length, bool Again);

/// <summary>
/// The sending half of a channel. Bytes are numbered; each frame is kept until the peer has said that it has its bytes,
/// and is sent again when the connection it left by is lost. What is kept is bounded twice, in bytes (rate x round
/// trip, see <see cref="Limits.Link.WindowBytes"/>) and in frames.
/// <code>
///      Acked          taken                Next
///        |  on the way  |   waits for a      |
///        |  or lost     |   connection, or   |
///        |              |   for credit       |
///   -----+--------------+--------------------+---> bytes
/// </code>
/// The end of the channel is one more number behind the last byte, so that it is acknowledged like a byte. Holds no
/// bytes: the frame's number leads to them. Nothing is allocated after the beginning. Not for two threads at a time.
/// </summary>
public sealed class ChannelSender(int windowBytes, int framesMax = Limits.Link.FramesMax)
{
    private readonly Flight[] _flights = new Flight[framesMax];
    private long _first;
    private long _untaken;
    private long _count;
    private long _takenTo;
    private int _lost;

    private enum Place : byte
    {
        Waiting,
        Under,
        Lost,
    }

    /// <summary>The peer has all bytes before this.</summary>
    public long Acked { get; private set; }

    /// <summary>The number of the next new byte.</summary>
    public long Next { get; private set; }

    /// <summary>The peer takes bytes before this.</summary>
    public long Limit { get; private set; } = windowBytes;

    /// <summary>The end was added.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The peer has all, the end too.</summary>
    public bool IsDone => HasEnded && Acked == Next;

    /// <summary>The oldest frame that is kept; those before it are let go.</summary>
    public long FirstKept => _first;

    /// <summary>The number of the next frame that is added.</summary>
    public long NextNumber => _count;

    /// <summary>Frames that no connection has taken yet, or that were lost with one.</summary>
    public int Waiting => (int)(_count - _untaken) + _lost;

    /// <summary>One of them may go now: it was lost, or has credit.</summary>
    public bool CanTake => _lost > 0 || NextHasCredit;

    /// <summary>Bytes kept for sending them again.</summary>
    public long KeptBytes => Next - Acked;

    /// <summary>Whether a frame of that many bytes may be added; otherwise its sender waits.</summary>
    public bool HasRoom(int length) =>
        !HasEnded && _count - _first < framesMax && Next + length - Acked <= windowBytes;

    /// <summary>Adds a frame; its number.</summary>
    public long Add(int length)
    {
        if (length < 1 || !HasRoom(length))
            throw new InvalidOperationException("no room for this frame, or nothing in it");
        return Put(length, length);
    }

    /// <summary>Adds the end; there must be a frame's room.</summary>
    public long AddEnd()
    {
        if (!HasRoom(0))
            throw new InvalidOperationException("no room for the end, or it was added before");
        HasEnded = true;
        return Put(length: 0, span: 1);
    }

    /// <summary>
    /// The next frame for a connection: what was lost first, in order, then what is new and has credit.
    /// </summary>
    public bool TryTake(int slot, out OutFrame frame)
    {
        if (_lost > 0)
        {
            for (var n = _first; n < _untaken; n++)
            {
                if (At(n).Place != Place.Lost)
                    continue;
                _lost--;
                frame = Take(n, slot, again: true);
                return true;
            }
        }

        if (NextHasCredit)
        {
            frame = Take(_untaken, slot, again: false);
            _takenTo = EndOf(_untaken);
            _untaken++;
            return true;
        }

        frame = default;
        return false;
    }

    /// <summary>
    /// What the peer has, and up to where it takes bytes. Of several connections the older may come later: what is less
    /// than known says nothing.
    /// </summary>
    public FrameFault Acknowledge(long received, long limit)
    {
        if (received < 0 || received > _takenTo)
            return FrameFault.AckOfUnsent;
        if (limit < received - 1 || limit > received + windowBytes)
            return FrameFault.BadCredit;
        Limit = Math.Max(Limit, limit);
        Acked = Math.Max(Acked, received);
        while (_first < _untaken && EndOf(_first) <= Acked)
        {
            if (At(_first).Place == Place.Lost)
                _lost--;
            _first++;
        }

        return FrameFault.None;
    }

    /// <summary>A connection is lost, and what it carried perhaps with it.</summary>
    public void Lose(int slot)
    {
        for (var n = _first; n < _untaken; n++)
        {
            ref var flight = ref At(n);
            if (flight.Place != Place.Under || flight.Slot != slot)
                continue;
            flight.Place = Place.Lost;
            _lost++;
        }
    }

    /// <summary>Whether that connection carries frames that the peer has not acknowledged.</summary>
    public bool Uses(int slot)
    {
        for (var n = _first; n < _untaken; n++)
        {
            if (At(n).Place == Place.Under && At(n).Slot == slot)
                return true;
        }

        return false;
    }

    private long Put(int length, int span)
    {
        At(_count) = new Flight { Offset = Next, Length = length };
        Next += span;
        return _count++;
    }

    private OutFrame Take(long number, int slot, bool again)
    {
        ref var flight = ref At(number);
        flight.Place = Place.Under;
        flight.Slot = slot;

        // A connection may be cut in the middle of a frame, and the bytes before the cut be acknowledged.
        var skip = (int)Math.Clamp(Acked - flight.Offset, 0, flight.Length);
        return new OutFrame(number, flight.Offset, skip, flight.Length - skip, again);
    }

    private bool NextHasCredit => _untaken < _count && (At(_untaken).Length == 0 || EndOf(_untaken) <= Limit);

    private long EndOf(long number) => At(number).Offset + Math.Max(1, At(number).Length);

    private ref Flight At(long number) => ref _flights[number % framesMax];

    private struct Flight
    {
        public long Offset;
        public int Length;
        public int Slot;
        public Place Place;
    }
}
