using Fabric.Actors.Runtime;

namespace Fabric.Simulation.Engine;

/// <summary>
/// One life of a process: the lanes of its actors, its clock and its timers. It can be killed (nothing more happens in
/// it), stopped (what falls due waits until it goes on) and slowed (each step of an actor takes a while).
/// </summary>
public sealed class SimProcess(SimScheduler scheduler, string name, TimeSpan wallOffset) : TimeProvider, IDispatcher
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<SimLane> _parked = [];
    private readonly Queue<Action> _deferred = new();
    private bool _busy;

    public string Name => name;

    public bool IsAlive { get; private set; } = true;

    public bool IsStopped { get; private set; }

    /// <summary>How long each step of an actor takes; 0 in a healthy process.</summary>
    public long SlowTicks { get; set; }

    /// <summary>Shifts the wall clock (an NTP step, a wrong date) and leaves timers alone.</summary>
    public TimeSpan WallOffset { get; set; } = wallOffset;

    public int MessagesPerTurn => 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public SynchronizationContext CreateLane(string name) => new SimLane(this, $"{Name}{name}");

    public override long GetTimestamp() => scheduler.Now;

    public override DateTimeOffset GetUtcNow() => Epoch + TimeSpan.FromTicks(scheduler.Now) + WallOffset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Does it in this process after a while: not at all if it died, later if it is stopped.</summary>
    public void After(long ticks, Action act) => scheduler.After(ticks, () => Do(act));

    /// <summary>Does it now, or when the process goes on.</summary>
    public void Do(Action act)
    {
        if (!IsAlive)
            return;
        if (IsStopped)
            _deferred.Enqueue(act);
        else
            act();
    }

    /// <summary>Runs code that is not an actor's, as a connection's reader would.</summary>
    /// <param name="code">Stays on its own lane.</param>
    /// <param name="failed">Hears when it fails.</param>
    public void RunOutside(Func<Task> code, Action? failed = null) =>
        CreateLane("/outside").Post(_ => _ = RunAsync(code, failed), null);

    /// <summary>As kill -9 does: nothing is told, nothing is finished.</summary>
    public void Kill()
    {
        IsAlive = false;
        scheduler.Park(this);
        _parked.Clear();
        _deferred.Clear();
    }

    public void Stop()
    {
        IsStopped = true;
        ParkReady();
    }

    public void Continue()
    {
        if (!IsAlive || !IsStopped)
            return;
        IsStopped = false;
        while (!IsStopped && _deferred.TryDequeue(out var act))
            act();
        Unpark();
    }

    private static async Task RunAsync(Func<Task> code, Action? failed)
    {
        try
        {
            await code();
        }
        catch (Exception e) when (e is not InvalidOperationException and not ArgumentException)
        {
            failed?.Invoke();
        }
    }

    internal void Ready(SimLane lane)
    {
        if (IsStopped || _busy)
            _parked.Add(lane);
        else
            scheduler.Ready(lane);
    }

    internal void Worked()
    {
        if (SlowTicks == 0 || !IsAlive)
            return;
        _busy = true;
        ParkReady();
        scheduler.After(SlowTicks, () =>
        {
            _busy = false;
            Unpark();
        });
    }

    // Every lane that has something to do is either with the scheduler or parked here.
    private void ParkReady() => scheduler.Park(this, _parked);

    private void Unpark()
    {
        if (!IsAlive || IsStopped || _busy)
            return;
        foreach (var lane in _parked)
            scheduler.Ready(lane);
        _parked.Clear();
    }

    private sealed class SimTimer(SimProcess process, TimerCallback callback, object? state) : ITimer
    {
        private int _generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var generation = ++_generation;
            if (dueTime != Timeout.InfiniteTimeSpan)
                Arm(generation, dueTime, period);
            return true;
        }

        public void Dispose() => _generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(int generation, TimeSpan due, TimeSpan period) => process.After(due.Ticks, () =>
        {
            if (generation != _generation)
                return;
            if (period > TimeSpan.Zero)
                Arm(generation, period, period);
            callback(state);
        });
    }
}
