using Fabric.Protocol;

namespace Fabric.Host.Impair;

/// <summary>When a piece leaves the line's near end, and when it comes out at the far one; in the line's time.</summary>
internal readonly record struct Passage(TimeSpan Departs, TimeSpan Due);

/// <summary>
/// One direction of a line: when which piece passes. All its connections share its rate, in the order in which they
/// come. It only counts; nothing waits here.
/// <para>
/// TCP ends at the proxy, so no packet can be lost. A loss is what it would have been to a connection whose congestion
/// control does not give way to it (bbr): the segment is sent again, which takes a round trip and its bytes of the
/// rate once more, and all that follows in its connection waits. What was sent again may be lost again, which then
/// costs a time-out.
/// </para>
/// </summary>
internal sealed class ImpairedLine(LineClock clock, Random random)
{
    private readonly Lock _lock = new();
    private ImpairSettings _settings = ImpairSettings.None;
    private (TimeSpan Until, long BytesPerSecond) _slow;
    private TimeSpan _free;
    private long _lost;

    /// <summary>Read for each piece, so that a change holds from the next one on.</summary>
    public ImpairSettings Settings
    {
        get
        {
            lock (_lock)
                return Effective();
        }

        set
        {
            lock (_lock)
                (_settings, _free) = (value, clock.Now);
        }
    }

    /// <summary>Segments lost.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>No faster than that, for a time.</summary>
    public void Slow(TimeSpan time, long bytesPerSecond)
    {
        lock (_lock)
            _slow = (clock.Uptime + time, bytesPerSecond);
    }

    /// <summary>A piece comes.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="late">It has been waiting for us: no gap is to be left before it.</param>
    public Passage Admit(int bytes, bool late)
    {
        lock (_lock)
        {
            var line = Effective();
            var now = clock.Now;
            var earliest = late ? now - TimeSpan.FromMilliseconds(Limits.Impair.CatchUpMs) : now;
            var start = _free > earliest ? _free : earliest;
            var lost = LostOf(bytes, line.Loss);
            _free = start + OnLine(bytes + (lost * Limits.Impair.SegmentBytes), line.BytesPerSecond);
            var jitter = line.Jitter * random.NextDouble();
            return new Passage(_free, _free + line.Delay + jitter + StallOf(lost, line));
        }
    }

    /// <summary>The most to be read at once.</summary>
    public int PieceBytes() => Settings.BytesPerSecond is var rate and > 0
        ? (int)Math.Clamp(
            rate * Limits.Impair.PieceMs / 1000, Limits.Impair.SegmentBytes, Limits.Impair.PieceBytesMax)
        : Limits.Impair.PieceBytesMax;

    /// <summary>What one connection may have under way: enough never to be what limits the rate.</summary>
    public int WindowBytes()
    {
        var line = Settings;
        if (line.BytesPerSecond == 0)
            return line.IsPlain ? Limits.Impair.WindowBytesMin : Limits.Impair.WindowBytesMax;
        var ms = (3 * line.Delay.TotalMilliseconds) + line.Jitter.TotalMilliseconds + Limits.Impair.AheadMs;
        return (int)Math.Clamp(
            line.BytesPerSecond * ms / 1000, Limits.Impair.WindowBytesMin, Limits.Impair.WindowBytesMax);
    }

    private ImpairSettings Effective() =>
        clock.Uptime < _slow.Until && (_settings.BytesPerSecond == 0 || _slow.BytesPerSecond < _settings.BytesPerSecond)
            ? _settings with { BytesPerSecond = _slow.BytesPerSecond }
            : _settings;

    private static TimeSpan OnLine(long bytes, long bytesPerSecond) =>
        bytesPerSecond == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)bytes / bytesPerSecond);

    private int LostOf(int bytes, double loss)
    {
        var lost = 0;
        for (var segment = 0; loss > 0 && segment < bytes; segment += Limits.Impair.SegmentBytes)
            lost += random.NextDouble() < loss ? 1 : 0;
        Interlocked.Add(ref _lost, lost);
        return lost;
    }

    private TimeSpan StallOf(int lost, ImpairSettings line)
    {
        if (lost == 0)
            return TimeSpan.Zero;
        var stall = Math.Max(2 * line.Delay.TotalMilliseconds, Limits.Impair.RetransmitMsMin);
        while (random.NextDouble() < line.Loss)
            stall += Limits.Impair.RetransmitTimeoutMs;
        return TimeSpan.FromMilliseconds(stall);
    }
}
