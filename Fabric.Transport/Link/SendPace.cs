using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// Holds what a link sends to a rate, over all its channels and connections: a bucket, and a timer that wakes whoever
/// waits for it. A frame is paid for before it is sent; what cannot be asked beforehand (what is sent again,
/// acknowledgements, signs of life) is owed, and the next frame waits for it. Under the link's lock; allocates nothing.
/// </summary>
internal sealed class SendPace(TimeProvider time, long origin, Action ring) : IDisposable
{
    private readonly ITimer _timer = time.CreateTimer(
        static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private TokenBucket _bucket = TokenBucket.Full(0, TimeSpan.Zero);

    /// <summary>Somebody waits for it: that the link takes nothing is the rate's doing.</summary>
    public bool IsHolding { get; private set; }

    /// <summary>The timer rang, or the rate is another: whoever waits looks again.</summary>
    public void Rang() => IsHolding = false;

    /// <summary>Another rate from now on, bytes a second; 0 is none, and forgives what is owed.</summary>
    public void Set(long bytesPerSecond) => _bucket = _bucket.BytesPerSecond == 0 || bytesPerSecond == 0
        ? TokenBucket.Full(bytesPerSecond, Now())
        : _bucket.Retuned(bytesPerSecond, Now());

    /// <summary>So many bytes are, or were, given to a connection.</summary>
    public void Take(int bytes) => _bucket = _bucket.Take(bytes, Now()).Next;

    /// <summary>Whether all that was taken may be sent by now; otherwise the timer rings when it may.</summary>
    public bool MayGo()
    {
        (_bucket, var wait) = _bucket.Take(0, Now());
        IsHolding = wait > TimeSpan.Zero;
        // Upwards: a timer that counts milliseconds would ring at once for less, again and again.
        if (IsHolding)
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        return !IsHolding;
    }

    public void Dispose() => _timer.Dispose();

    private TimeSpan Now() => time.GetElapsedTime(origin);
}
