namespace Fabric.Host.Impair;

/// <summary>
/// Time as bytes on the line have it: it stands still while the line is cut. So a cut moves all that is under way by
/// its own length, and nothing that was planned needs to be planned again.
/// </summary>
internal sealed class LineClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly Lock _lock = new();

    // In the time of the world, since the start. The sum has the last cut in it, whole.
    private TimeSpan _cutFrom;
    private TimeSpan _cutUntil;
    private TimeSpan _cutSum;

    /// <summary>The line's time.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_lock)
                return OfLine(time.GetElapsedTime(_start));
        }
    }

    /// <summary>The time of the world since the start.</summary>
    public TimeSpan Uptime => time.GetElapsedTime(_start);

    /// <summary>The line is cut.</summary>
    public bool IsCut
    {
        get
        {
            lock (_lock)
                return time.GetElapsedTime(_start) < _cutUntil;
        }
    }

    /// <summary>Stands still from now on for so long; a cut under way is made longer by it, never shorter.</summary>
    public void Cut(TimeSpan length)
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start);
            var until = now + length;
            if (now >= _cutUntil)
                (_cutFrom, _cutUntil) = (now, now);
            if (until <= _cutUntil)
                return;
            _cutSum += until - _cutUntil;
            _cutUntil = until;
        }
    }

    /// <summary>How long, in the time of the world, until the line's time is that; not positive when it is past.</summary>
    public TimeSpan Until(TimeSpan due)
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start);
            var rest = now < _cutUntil ? _cutUntil - now : TimeSpan.Zero;
            return rest + due - OfLine(now);
        }
    }

    /// <summary>Waits until the line's time is that.</summary>
    /// <returns>Whether it waited.</returns>
    public async ValueTask<bool> WaitUntilAsync(TimeSpan due, CancellationToken cancellation)
    {
        var waited = false;
        // A cut that begins meanwhile makes it longer.
        while (Until(due) is { Ticks: > 0 } wait)
        {
            waited = true;
            // Timers count whole milliseconds; a fraction would be waited for at full speed.
            await Task.Delay(
                TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellation);
        }

        return waited;
    }

    private TimeSpan OfLine(TimeSpan now) =>
        now >= _cutUntil ? now - _cutSum : _cutFrom - (_cutSum - (_cutUntil - _cutFrom));
}
