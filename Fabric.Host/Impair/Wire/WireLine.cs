using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Host.Impair.Wire;

/// <summary>
/// One direction of a wire: which frame passes, and when it comes out. It only counts. Unlike the proxy's
/// (<see cref="ImpairedLine"/>), frames are really lost here: by chance, because the queue before the line is full, and
/// while the line is cut; what becomes of that is TCP's own affair. The cut is at the far end: it takes what would
/// come out meanwhile, whenever that went in.
/// </summary>
internal sealed class WireLine(LineClock clock, Random random)
{
    private readonly Lock _lock = new();
    private ImpairSettings _settings = ImpairSettings.None;
    private TimeSpan _last;

    // In seconds and not in ticks: at 10 Gbit/s a frame takes 12 of them, and a fraction each would add up.
    private double _free;
    private long _frames;
    private long _bytes;
    private long _lost;
    private long _overflowed;
    private long _cut;
    private long _lateTicks;

    /// <summary>What the line is like.</summary>
    public ImpairSettings Settings
    {
        get
        {
            lock (_lock)
                return _settings;
        }

        set
        {
            lock (_lock)
                (_settings, _free) = (value, Math.Min(_free, clock.Uptime.TotalSeconds));
        }
    }

    /// <summary>The time of the line.</summary>
    public LineClock Clock => clock;

    /// <summary>Frames that came out.</summary>
    public long Frames => Interlocked.Read(ref _frames);

    /// <summary>Their bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Frames lost by chance.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Frames that found the queue full.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    /// <summary>Frames that a cut took.</summary>
    public long LostInCuts => Interlocked.Read(ref _cut);

    /// <summary>The latest that a frame came out after it was due.</summary>
    public TimeSpan WorstLateness => new(Interlocked.Read(ref _lateTicks));

    /// <summary>A frame goes in.</summary>
    /// <returns>When it is to come out, in the time of the world since the start; null when it does not.</returns>
    public TimeSpan? Admit(FrameShape frame)
    {
        lock (_lock)
        {
            var now = clock.Uptime;
            var line = _settings;
            if (line.Loss > 0 && random.NextDouble() < line.Loss)
            {
                Interlocked.Add(ref _lost, frame.Segments);
                return null;
            }

            var departs = now;
            if (line.BytesPerSecond > 0)
            {
                var start = Math.Max(_free, now.TotalSeconds - (Limits.Impair.WireCatchUpMs / 1000.0));
                if (start - now.TotalSeconds > line.Queue.TotalSeconds)
                {
                    Interlocked.Add(ref _overflowed, frame.Segments);
                    return null;
                }

                _free = start + ((double)frame.WireBytes / line.BytesPerSecond);
                departs = new TimeSpan((long)Math.Round(Math.Max(_free, now.TotalSeconds) * TimeSpan.TicksPerSecond));
            }

            var due = departs + line.Delay + (line.Jitter * random.NextDouble());
            return _last = due > _last ? due : _last;
        }
    }

    /// <summary>A frame that the wire has no memory for.</summary>
    public void Overflow(int segments) => Interlocked.Add(ref _overflowed, segments);

    /// <summary>A frame is to come out now.</summary>
    /// <returns>False when the line is cut: it is lost.</returns>
    public bool Release(FrameShape frame, TimeSpan due)
    {
        if (clock.IsCut)
        {
            Interlocked.Add(ref _cut, frame.Segments);
            return false;
        }

        var late = (clock.Uptime - due).Ticks;
        if (late > Interlocked.Read(ref _lateTicks))
            Interlocked.Exchange(ref _lateTicks, late);
        Interlocked.Add(ref _frames, frame.Segments);
        Interlocked.Add(ref _bytes, frame.WireBytes);
        return true;
    }
}
