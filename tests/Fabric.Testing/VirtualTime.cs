using System.Globalization;

namespace Fabric.Testing;

/// <summary>
/// A clock that stands still until it is moved. Timers fire in order of due time, then of creation, on the thread that
/// moves the clock. Move it through <see cref="DeterministicDispatcher"/> when actors hang on it.
/// </summary>
public sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly SortedSet<VirtualTimer> _timers = new(VirtualTimer.Order);
    private long _created;
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Since the clock was made.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(GetTimestamp());

    /// <summary>Shifts the wall clock (an NTP step, a wrong date) and leaves timers and timestamps alone.</summary>
    public TimeSpan WallClockOffset { get; set; }

    /// <summary>When the next timer is due, if there is one.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_gate) return _timers.Min is { } first ? TimeSpan.FromTicks(first.Due) : null;
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => Epoch + Elapsed + WallClockOffset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires everything that is due up to then, moving the clock from one due time to the next.</summary>
    public void AdvanceBy(TimeSpan span) => AdvanceTo(Elapsed + span);

    public void AdvanceTo(TimeSpan elapsed)
    {
        while (NextDue is { } due && due <= elapsed) FireNext();
        MoveTo(elapsed);
    }

    public override string ToString() => Elapsed.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>Moves the clock to the next due time and fires that one timer.</summary>
    internal void FireNext()
    {
        VirtualTimer timer;
        lock (_gate)
        {
            if (_timers.Min is not { } first) return;
            timer = first;
            _timers.Remove(timer);
            _now = Math.Max(_now, timer.Due);
            if (timer.Period > 0) Add(timer, _now + timer.Period);
        }

        timer.Fire();
    }

    internal void MoveTo(TimeSpan elapsed)
    {
        lock (_gate) _now = Math.Max(_now, elapsed.Ticks);
    }

    private void Add(VirtualTimer timer, long due)
    {
        timer.Due = due;
        timer.Number = _created++;
        _timers.Add(timer);
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        public static readonly Comparer<VirtualTimer> Order = Comparer<VirtualTimer>.Create(
            (a, b) => (a.Due, a.Number).CompareTo((b.Due, b.Number)));

        private bool _disposed;

        public long Due { get; set; }
        public long Number { get; set; }
        public long Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                if (_disposed) return false;
                time._timers.Remove(this);
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime != Timeout.InfiniteTimeSpan) time.Add(this, time._now + dueTime.Ticks);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _disposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
