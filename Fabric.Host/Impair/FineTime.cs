namespace Fabric.Host.Impair;

/// <summary>
/// The system's time with timers that are good to a millisecond. The runtime's own look at a clock that moves every
/// 4 ms, which is a tenth of many a delay; here a thread of its own waits for the next one.
/// </summary>
internal sealed class FineTime : TimeProvider
{
    private readonly Lock _made = new();
    private readonly object _lock = new();
    private readonly PriorityQueue<(FineTimer Timer, long Version), long> _due = new();
    private Thread? _thread;

    private FineTime()
    {
    }

    /// <summary>The process's.</summary>
    public static FineTime Shared { get; } = new();

    /// <summary>This in the place of the system's; any other stays what it is.</summary>
    public static TimeProvider Of(TimeProvider time) => ReferenceEquals(time, System) ? Shared : time;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_made)
        {
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "line-timers" };
                _thread.Start();
            }
        }

        var timer = new FineTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Run()
    {
        while (true)
        {
            FineTimer? timer;
            lock (_lock)
                timer = Next();
            timer?.Fire();
        }
    }

    // Waits for what is due next; null when that was changed meanwhile.
    private FineTimer? Next()
    {
        if (!_due.TryPeek(out var next, out var at))
        {
            Monitor.Wait(_lock);
            return null;
        }

        var rest = GetElapsedTime(GetTimestamp(), at).TotalMilliseconds;
        if (rest > 0 && next.Timer.Version == next.Version)
        {
            Monitor.Wait(_lock, (int)Math.Min(Math.Ceiling(rest), int.MaxValue));
            return null;
        }

        _due.Dequeue();
        if (next.Timer.Version != next.Version)
            return null;
        if (next.Timer.Period > TimeSpan.Zero)
            _due.Enqueue(next, at + TicksOf(next.Timer.Period));
        return next.Timer;
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * TimestampFrequency);

    private sealed class FineTimer(FineTime time, TimerCallback callback, object? state) : ITimer
    {
        public long Version { get; private set; }

        public TimeSpan Period { get; private set; }

        // Not here: whoever is woken must not keep the others waiting.
        public void Fire() => ThreadPool.UnsafeQueueUserWorkItem(
            static timer => timer.Call(), this, preferLocal: false);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                (Version, Period) = (Version + 1, period);
                if (dueTime != Timeout.InfiniteTimeSpan)
                    time._due.Enqueue((this, Version), time.GetTimestamp() + time.TicksOf(dueTime));
                Monitor.Pulse(time._lock);
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Call() => callback(state);
    }
}
