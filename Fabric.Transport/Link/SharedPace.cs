using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// One rate for several links, as those of one migration: its memory and its disks share a line. They wait in the order
/// in which they came: whoever asks pays for what was asked before, not for what comes after, so that no link
/// holds another back for ever.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class SharedPace(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Action> _rings = [];
    private readonly long _origin = time.GetTimestamp();
    private TokenBucket _bucket = TokenBucket.Full(0, TimeSpan.Zero);
    private long _taken;

    /// <summary>
    /// Another rate for all of them together, bytes a second; 0 is none, at once, also for calls that wait. Any thread.
    /// </summary>
    public void Set(long bytesPerSecond)
    {
        Action[] rings;
        lock (_gate)
        {
            // None forgives what is owed.
            _bucket = _bucket.BytesPerSecond == 0 || bytesPerSecond == 0
                ? TokenBucket.Full(bytesPerSecond, Now())
                : _bucket.Retuned(bytesPerSecond, Now());
            rings = [.. _rings];
        }

        // Without the lock: whoever is rung takes his own, and asks this one under it.
        foreach (var ring in rings)
            ring();
    }

    internal void Join(Action ring)
    {
        lock (_gate)
            _rings.Add(ring);
    }

    internal void Leave(Action ring)
    {
        lock (_gate)
            _rings.Remove(ring);
    }

    /// <summary>So many bytes are, or were, given to a connection.</summary>
    /// <returns>Its place in the line.</returns>
    internal long Take(int bytes)
    {
        lock (_gate)
        {
            (_bucket, _) = _bucket.Take(bytes, Now());
            return _taken += bytes;
        }
    }

    /// <summary>How long until all that was taken up to that place may have been sent.</summary>
    internal TimeSpan WaitFor(long place)
    {
        lock (_gate)
        {
            (_bucket, var wait) = _bucket.Take(0, Now());
            return _bucket.BytesPerSecond == 0 || wait == TimeSpan.Zero
                ? TimeSpan.Zero
                : wait - TimeSpan.FromSeconds((_taken - place) / (double)_bucket.BytesPerSecond);
        }
    }

    private TimeSpan Now() => time.GetElapsedTime(_origin);
}
