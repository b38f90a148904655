using Fabric.Actors.Journal;
using Fabric.Simulation.Engine;

namespace Fabric.Simulation.World;

/// <summary>What a disk does wrong with an append.</summary>
public enum DiskFault
{
    None,

    /// <summary>No space: nothing is written, and that is known.</summary>
    Full,

    /// <summary>An I/O error before anything is written; reads fail too while it lasts.</summary>
    Fails,

    /// <summary>It is written, and the answer is lost.</summary>
    ReplyLost,

    /// <summary>The last row is torn: the transaction is gone when the file is next read, and the writer does not know.</summary>
    Torn,

    /// <summary>Nothing is answered while it lasts.</summary>
    Hangs,
}

/// <summary>
/// A journal's or a ledger's file, which outlives the processes that write it. What is in it is what was synced: an
/// append that was under way when its process died is there whole or not at all.
/// </summary>
public sealed class SimDisk(SimScheduler scheduler, Chance chance)
{
    private readonly Dictionary<StreamId, List<RecordedEvent>> _streams = [];
    private readonly List<StreamId> _order = [];
    private readonly List<Pending> _pending = [];
    private readonly Queue<DiskFault> _next = new();
    private readonly List<IReadOnlyList<StreamAppend>> _history = [];
    private long _sequence;
    private long _lastAt;

    /// <summary>Hears each append at the moment in which it is durable.</summary>
    public Action<IReadOnlyList<StreamAppend>>? Durable { get; set; }

    /// <summary>Hears why an append did not go well.</summary>
    public Action<string>? WentWrong { get; set; }

    /// <summary>What is wrong until it is taken away.</summary>
    public DiskFault Always { get; private set; }

    /// <summary>A bug planted in the writer; null in a right one.</summary>
    public IDiskPlant? Plant { get; init; }

    /// <summary>In order of their first events.</summary>
    public IReadOnlyList<StreamId> Streams => _order;

    public void FailNext(DiskFault fault, int times)
    {
        for (var i = 0; i < times; i++)
            _next.Enqueue(fault);
    }

    public void Heal()
    {
        _next.Clear();
        Set(DiskFault.None);
    }

    public void Set(DiskFault fault)
    {
        Always = fault;
        if (fault == DiskFault.Hangs)
            return;
        foreach (var waiting in _pending.Where(p => p.Hangs).ToList())
        {
            waiting.Hangs = false;
            waiting.Process.Do(() => Commit(waiting));
        }
    }

    public IReadOnlyList<RecordedEvent> Read(StreamId stream) => _streams.TryGetValue(stream, out var events) ? events : [];

    /// <summary>Writes and syncs; the answer comes a moment after it is durable.</summary>
    public Task<AppendResult> Append(SimProcess process, IReadOnlyList<StreamAppend> appends)
    {
        var pending = new Pending(process, appends);
        _pending.Add(pending);
        _lastAt = Math.Max(scheduler.Now + SimScheduler.Ms(0.05) + chance.Below(10_000), _lastAt + 1);
        if (Plant is { } plant)
            plant.Append(this, pending, _lastAt - scheduler.Now);
        else
            process.After(_lastAt - scheduler.Now, () => Commit(pending));
        return pending.Answer.Task;
    }

    /// <summary>The process died: what it had under way is there up to some append, and nothing after that.</summary>
    /// <param name="process">The one that died.</param>
    /// <param name="power">The whole machine lost its power.</param>
    public void Crash(SimProcess process, bool power)
    {
        var written = true;
        foreach (var pending in _pending.Where(p => p.Process == process).ToList())
        {
            _pending.Remove(pending);
            written = written && Survives(pending, power) && Always == DiskFault.None && chance.OneIn(2);
            if (written && Conflict(pending.Appends) is null)
                Write(pending.Appends);
        }
    }

    /// <summary>
    /// As an operator who puts a backup in its place: the last appends have never happened, down to the first that must
    /// not be lost.
    /// </summary>
    public void Restore(int appendsLost, Func<object, bool> mustStay)
    {
        for (; appendsLost > 0 && _history.Count > 0 && !_history[^1].Any(a => a.Events.Any(mustStay)); appendsLost--)
        {
            foreach (var append in _history[^1])
            {
                if (!_streams.TryGetValue(append.Stream, out var events))
                    continue;
                events.RemoveRange(events.Count - append.Events.Count, append.Events.Count);
                if (events.Count == 0 && _streams.Remove(append.Stream))
                    _order.Remove(append.Stream);
            }

            _history.RemoveAt(_history.Count - 1);
        }
    }

    private static bool Survives(Pending pending, bool power) => pending.Sync switch
    {
        SyncState.Right => true,
        SyncState.InProcess => false,
        SyncState.InPageCache => !power,
        _ => throw new ArgumentOutOfRangeException(nameof(pending), pending.Sync, "not a state"),
    };

    internal void Commit(Pending pending)
    {
        if (!pending.Process.IsAlive)
            return;
        var fault = _next.TryDequeue(out var next) ? next : Always;
        if (fault == DiskFault.Hangs)
        {
            pending.Hangs = true;
            return;
        }

        _pending.Remove(pending);
        if (fault != DiskFault.None)
            WentWrong?.Invoke(fault.ToString());
        if (fault is DiskFault.Full or DiskFault.Fails or DiskFault.Torn)
        {
            if (Plant is { IgnoresFailures: true })
                pending.Answer.TrySetResult(new AppendResult([]));
            pending.Fail(Unavailable(fault));
            return;
        }

        if (Conflict(pending.Appends) is { } conflict && Plant?.Rebase(this, pending) != true)
        {
            WentWrong?.Invoke(
                $"{conflict.Stream} of {pending.Process.Name} is at {conflict.ActualVersion}, not {conflict.ExpectedVersion}");
            pending.Fail(conflict);
            return;
        }

        var result = Write(pending.Appends);
        pending.Process.After(chance.Below(2_000), () =>
        {
            if (fault == DiskFault.ReplyLost)
                pending.Fail(Unavailable(fault));
            else
                pending.Answer.TrySetResult(result);
        });
    }

    internal AppendResult Write(IReadOnlyList<StreamAppend> appends)
    {
        var recorded = new List<RecordedEvent>();
        foreach (var append in appends)
        {
            if (append.Events.Count == 0)
                continue;
            if (!_streams.TryGetValue(append.Stream, out var events))
            {
                _streams[append.Stream] = events = [];
                _order.Add(append.Stream);
            }

            foreach (var happened in append.Events)
            {
                events.Add(new RecordedEvent(
                    append.Stream, events.Count + 1, ++_sequence, happened.GetType().Name, DateTimeOffset.UnixEpoch, happened));
                recorded.Add(events[^1]);
            }
        }

        _history.Add(appends);
        Durable?.Invoke(appends);
        return new AppendResult(recorded);
    }

    private JournalConflictException? Conflict(IReadOnlyList<StreamAppend> appends)
    {
        foreach (var append in appends)
        {
            var version = Read(append.Stream).Count;
            if (version != append.ExpectedVersion)
                return new JournalConflictException(append.Stream, append.ExpectedVersion, version);
        }

        return null;
    }

    internal static JournalUnavailableException Unavailable(DiskFault fault) => fault switch
    {
        DiskFault.Full => new(JournalFault.Full, AppendOutcome.NotWritten, "the disk is full"),
        DiskFault.Fails => new(JournalFault.InputOutput, AppendOutcome.NotWritten, "the disk fails"),
        DiskFault.ReplyLost => new(JournalFault.InputOutput, AppendOutcome.Unknown, "the answer was lost"),
        DiskFault.Torn => new(JournalFault.InputOutput, AppendOutcome.Unknown, "the last row is torn"),
        DiskFault.None or DiskFault.Hangs => new(JournalFault.TimedOut, AppendOutcome.Unknown, "no answer"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "not a fault of a disk"),
    };

    /// <summary>Where an append was when it was answered; only a planted bug answers before it is on the disk.</summary>
    internal enum SyncState
    {
        Right,
        InProcess,
        InPageCache,
    }

    /// <summary>An append under way.</summary>
    internal sealed class Pending(SimProcess process, IReadOnlyList<StreamAppend> appends)
    {
        public SimProcess Process => process;

        public IReadOnlyList<StreamAppend> Appends { get; set; } = appends;

        public TaskCompletionSource<AppendResult> Answer { get; } = new();

        public bool Hangs { get; set; }

        public SyncState Sync { get; set; }

        public void Fail(Exception why) => Answer.TrySetException(why);
    }
}

/// <summary>A wrong writer: what a planted bug does between an append and the disk.</summary>
public interface IDiskPlant
{
    /// <summary>What is not written is answered as if it were.</summary>
    bool IgnoresFailures { get; }

    /// <summary>Takes an append that would be durable after so many ticks.</summary>
    internal void Append(SimDisk disk, SimDisk.Pending pending, long ticks);

    /// <summary>An append met another writer; true when it is to be written all the same.</summary>
    internal bool Rebase(SimDisk disk, SimDisk.Pending pending);
}
