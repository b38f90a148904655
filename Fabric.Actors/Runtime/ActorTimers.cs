using System.Collections.Concurrent;

namespace Fabric.Actors.Runtime;

internal sealed class ActorTimers(ActorCell cell, TimeProvider time) : ITimers
{
    // Touched on the actor's lane only; timer threads see _fired alone.
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // At most one per started timer (Entry.Pending), so bounded by what the actor itself starts.
    private readonly ConcurrentQueue<Entry> _fired = new();

    public bool HasFired => !_fired.IsEmpty;

    public void StartSingle(string key, object message, TimeSpan delay) =>
        Start(key, message, delay, Timeout.InfiniteTimeSpan);

    public void StartPeriodic(string key, object message, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        Start(key, message, period, period);
    }

    public void Cancel(string key)
    {
        if (_entries.Remove(key, out var entry)) entry.Timer?.Dispose();
    }

    public bool IsActive(string key) => _entries.ContainsKey(key);

    public void CancelAll()
    {
        foreach (var entry in _entries.Values) entry.Timer?.Dispose();
        _entries.Clear();
    }

    /// <summary>The next message that is due and whose timer is still the one that fired.</summary>
    public bool TryTake(out object message)
    {
        while (_fired.TryDequeue(out var entry))
        {
            Volatile.Write(ref entry.Pending, 0);
            // The generation check: a timer that was cancelled or replaced after it fired is another entry.
            if (!_entries.TryGetValue(entry.Key, out var current) || !ReferenceEquals(current, entry)) continue;
            if (!entry.Periodic) Cancel(entry.Key);
            message = entry.Message;
            return true;
        }

        message = null!;
        return false;
    }

    private void Start(string key, object message, TimeSpan due, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        Cancel(key);
        var entry = new Entry(key, message, period != Timeout.InfiniteTimeSpan);
        _entries[key] = entry;
        entry.Timer = time.CreateTimer(_ => Fire(entry), null, due, period);
    }

    private void Fire(Entry entry)
    {
        if (Interlocked.Exchange(ref entry.Pending, 1) != 0) return;
        _fired.Enqueue(entry);
        cell.Signal();
    }

    private sealed class Entry(string key, object message, bool periodic)
    {
        public string Key => key;
        public object Message => message;
        public bool Periodic => periodic;
        public ITimer? Timer;
        public int Pending;
    }
}
