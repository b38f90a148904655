using System.Runtime.InteropServices;

namespace Fabric.Simulation.Engine;

/// <summary>
/// One thread of virtual time for a whole fabric: every process's lanes, timers and disks, the network and the
/// hypervisors between them. While a lane has something to do the seed picks which takes its next step; then time jumps
/// to the next event. Events of one instant happen in the order in which they were asked for.
/// </summary>
public sealed class SimScheduler(Chance chance)
{
    /// <summary>Steps without the clock moving: a busy instant has a few hundred.</summary>
    private const int StepsPerInstantMax = 100_000;

    private readonly PriorityQueue<Action, (long At, long Number)> _events = new();
    private readonly List<SimLane> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;
    private int _stepsNow;
    private string? _foreign;

    /// <summary>Virtual time in ticks of 100 ns since the run began.</summary>
    public long Now { get; private set; }

    public long Steps { get; private set; }

    public static long Ms(double milliseconds) => (long)(milliseconds * TimeSpan.TicksPerMillisecond);

    /// <summary>Does it after so many ticks.</summary>
    public void After(long ticks, Action act) => _events.Enqueue(act, (Now + Math.Max(0, ticks), _number++));

    /// <summary>Does one thing; false when nothing is left to do up to that time.</summary>
    /// <exception cref="InvalidOperationException">The run is not in one thread, or does not come to an end.</exception>
    public bool RunOne(long until)
    {
        if (_foreign is not null)
            throw new InvalidOperationException($"{_foreign} was woken by another thread: this run cannot be repeated");
        if (_ready.Count > 0)
        {
            if (++_stepsNow > StepsPerInstantMax)
                throw new InvalidOperationException($"a livelock: {StepsPerInstantMax} steps in one instant");
            RunLane();
            return true;
        }

        if (!_events.TryPeek(out _, out var next) || next.At > until)
        {
            Now = Math.Max(Now, until);
            return false;
        }

        if (next.At > Now)
            (Now, _stepsNow) = (next.At, 0);
        _events.Dequeue()();
        return true;
    }

    internal void Ready(SimLane lane)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            _foreign = lane.Name;
        else
            _ready.Add(lane);
    }

    /// <summary>A process was stopped or ended: none of its lanes takes a step.</summary>
    internal void Park(SimProcess process, List<SimLane>? into = null) => _ready.RemoveAll(l =>
    {
        if (l.Process != process)
            return false;
        into?.Add(l);
        return true;
    });

    private void RunLane()
    {
        var at = _ready.Count == 1 ? 0 : chance.Below(_ready.Count);
        var lane = _ready[at];
        var (callback, state) = lane.Items.Dequeue();
        if (lane.Items.Count == 0)
        {
            var all = CollectionsMarshal.AsSpan(_ready);
            all[at] = all[^1];
            _ready.RemoveAt(_ready.Count - 1);
        }

        Steps++;
        SynchronizationContext.SetSynchronizationContext(lane);
        try
        {
            callback(state);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        lane.Process.Worked();
    }
}
