using Fabric.Actors.Runtime;

namespace Fabric.Testing;

/// <summary>
/// A whole actor system in one thread, from one seed: among the lanes that have something to do, the seed picks the
/// one that takes its next step, and time moves only when nothing is left to do. The same seed makes the same run,
/// byte for byte, as long as everything the actors await is a fake on this thread: no <c>Task.Run</c>, no
/// <c>ConfigureAwait(false)</c> (both leave the lane), no real I/O. Work that arrives from another thread is a
/// <see cref="NondeterminismException"/> at the next step.
/// </summary>
public sealed class DeterministicDispatcher : IDispatcher
{
    /// <summary>Steps without the clock moving: a million is a livelock and not a busy instant.</summary>
    public const int StepsPerInstantMax = 1_000_000;

    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly List<Lane> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private string? _foreign;

    public DeterministicDispatcher(int seed, VirtualTime? time = null)
    {
        Seed = seed;
        _random = new Random(seed);
        Time = time ?? new VirtualTime();
    }

    public int Seed { get; }

    public VirtualTime Time { get; }

    /// <summary>Lanes take turns as they became ready, whatever the seed: one order that a reader can follow.</summary>
    public bool InOrder { get; init; }

    public long Steps { get; private set; }

    /// <summary>Sees each step before it runs: number, elapsed virtual time, lane.</summary>
    public Action<long, TimeSpan, string>? OnStep { get; init; }

    public int MessagesPerTurn => 1;

    public SynchronizationContext CreateLane(string name) => new Lane(this, name);

    /// <summary>Runs until no lane has anything to do. The clock stands still.</summary>
    public void RunUntilIdle()
    {
        CheckThread();
        for (var steps = 0; Step(); steps++)
            if (steps >= StepsPerInstantMax)
                throw new InvalidOperationException(
                    $"Seed {Seed}: {StepsPerInstantMax} steps at {Time} ms and still busy: a livelock.");
    }

    public void AdvanceBy(TimeSpan span) => AdvanceTo(Time.Elapsed + span);

    public void AdvanceTo(TimeSpan elapsed)
    {
        RunUntilIdle();
        while (Time.NextDue is { } due && due <= elapsed) FireInstant(due);
        Time.MoveTo(elapsed);
        RunUntilIdle();
    }

    /// <summary>Runs and moves the clock from timer to timer until the condition holds.</summary>
    /// <exception cref="TimeoutException">It does not hold after that much virtual time, or nothing moves any
    /// more.</exception>
    public void RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var end = Time.Elapsed + limit;
        RunUntilIdle();
        while (!condition())
        {
            if (Time.NextDue is not { } due || due > end)
                throw new TimeoutException(
                    $"Seed {Seed}: the condition does not hold at {Time} ms, after {Steps} steps.");
            FireInstant(due);
        }
    }

    /// <summary>
    /// Runs asynchronous test code on a lane of its own, and the system with it, until the code is done.
    /// </summary>
    public T Run<T>(Func<Task<T>> code, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(code);
        Task<T>? task = null;
        CreateLane("/test").Post(_ => task = code(), null);
        RunUntil(() => task is { IsCompleted: true }, limit);
        return task!.GetAwaiter().GetResult();
    }

    public void Run(Func<Task> code, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(code);
        Run(async () =>
        {
            await code();
            return true;
        }, limit);
    }

    // All timers of one instant fire before anything runs: the seed then orders what they woke.
    private void FireInstant(TimeSpan due)
    {
        while (Time.NextDue is { } next && next <= due) Time.FireNext();
        RunUntilIdle();
    }

    private bool Step()
    {
        Lane lane;
        (SendOrPostCallback Callback, object? State) item;
        lock (_gate)
        {
            if (_foreign is not null)
                throw new NondeterminismException($"Seed {Seed}: lane {_foreign} was woken by another thread.");
            if (_ready.Count == 0) return false;
            var index = InOrder ? 0 : _random.Next(_ready.Count);
            lane = _ready[index];
            item = lane.Items.Dequeue();
            if (lane.Items.Count == 0 || InOrder) _ready.RemoveAt(index);
            if (lane.Items.Count > 0 && InOrder) _ready.Add(lane);
        }

        Steps++;
        OnStep?.Invoke(Steps, Time.Elapsed, lane.Name);
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(lane);
        try
        {
            item.Callback(item.State);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        return true;
    }

    private void CheckThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new NondeterminismException(
                "Drive the dispatcher from the thread that made it, without await between.");
    }

    private sealed class Lane(DeterministicDispatcher dispatcher, string name) : SynchronizationContext
    {
        public string Name => name;

        public Queue<(SendOrPostCallback Callback, object? State)> Items { get; } = new();

        public override void Post(SendOrPostCallback d, object? state)
        {
            lock (dispatcher._gate)
            {
                if (Environment.CurrentManagedThreadId != dispatcher._thread) dispatcher._foreign ??= name;
                Items.Enqueue((d, state));
                if (Items.Count == 1) dispatcher._ready.Add(this);
            }
        }

        public override void Send(SendOrPostCallback d, object? state) =>
            throw new NotSupportedException("A lane never blocks its caller: use Post.");

        public override SynchronizationContext CreateCopy() => this;
    }
}
