namespace Fabric.Transport.Link;

/// <summary>
/// Holds what a link sends to a rate, over all its channels and connections: its part in a bucket, and a timer that
/// wakes whoever waits for it. A frame is paid for before it is sent; what cannot be asked beforehand (what is sent
/// again, acknowledgements, signs of life) is owed, and the next frame waits for it. Under the link's lock, but for
/// <see cref="Set"/>; allocates nothing.
/// </summary>
internal sealed class SendPace : IDisposable
{
    private readonly SharedPace _shared;
    private readonly Action _ring;
    private readonly ITimer _timer;
    private long _place;

    public SendPace(SharedPace shared, TimeProvider time, Action ring)
    {
        (_shared, _ring) = (shared, ring);
        _timer = time.CreateTimer(
            static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        shared.Join(ring);
    }

    /// <summary>Somebody waits for it: that the link takes nothing is the rate's doing.</summary>
    public bool IsHolding { get; private set; }

    /// <summary>The timer rang, or the rate is another: whoever waits looks again.</summary>
    public void Rang() => IsHolding = false;

    /// <summary>Another rate for all that share it. Not under the link's lock: it rings them all.</summary>
    public void Set(long bytesPerSecond) => _shared.Set(bytesPerSecond);

    /// <summary>So many bytes are to be sent; when they may be, <see cref="MayGo"/> says.</summary>
    public void Ask(int bytes) => _place = _shared.Take(bytes);

    /// <summary>So many bytes are, or were, given to a connection.</summary>
    public void Owe(int bytes) => _shared.Take(bytes);

    /// <summary>Whether what was asked last may be sent by now; otherwise the timer rings when it may.</summary>
    public bool MayGo()
    {
        var wait = _shared.WaitFor(_place);
        IsHolding = wait > TimeSpan.Zero;
        // Upwards: a timer that counts milliseconds would ring at once for less, again and again.
        if (IsHolding)
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        return !IsHolding;
    }

    public void Dispose()
    {
        _shared.Leave(_ring);
        _timer.Dispose();
    }
}
