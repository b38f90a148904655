using System.Runtime.CompilerServices;
using Fabric.Actors.Journal;

namespace Fabric.Testing;

/// <summary>How the next append of a <see cref="MemoryJournal"/> goes wrong.</summary>
public enum JournalFailure
{
    /// <summary>An I/O error before anything is written; known not to be.</summary>
    BeforeWrite = 1,

    /// <summary>It is written, and the answer is lost: unknown to the writer.</summary>
    AfterCommit,

    /// <summary>Another writer is quicker.</summary>
    Conflict,

    /// <summary>No space; known not to be written.</summary>
    DiskFull,

    /// <summary>
    /// The power goes during the commit: the torn transaction is gone after the restart; unknown to the writer.
    /// </summary>
    TornCommit,

    /// <summary>Never returns.</summary>
    Hang,
}

/// <summary>
/// A journal in memory that stores what a real one stores (JSON rows with chained checksums), fails on demand, and
/// can be tampered with. With a lane as its caller it stays on the lane, so it is fit for deterministic runs.
/// </summary>
public sealed class MemoryJournal(EventRegistry registry, TimeProvider time) : IJournal
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamId, List<JournalRow>> _streams = [];
    private readonly Queue<(JournalFailure Failure, Func<IReadOnlyList<StreamAppend>, bool> When)> _failures = new();
    private long _sequence;

    public int Appends { get; private set; }

    /// <summary>Sees what was committed, in the order of commits.</summary>
    public Action<AppendResult>? OnCommitted { get; set; }

    /// <summary>
    /// What is wrong with every append until it is taken away, after those of <see cref="FailNext"/>.
    /// </summary>
    public JournalFailure? Always { get; set; }

    /// <summary>Failures are used up in order; one with a condition waits for the first append that meets it.</summary>
    public void FailNext(JournalFailure failure, Func<IReadOnlyList<StreamAppend>, bool>? when = null)
    {
        lock (_gate) _failures.Enqueue((failure, when ?? (_ => true)));
    }

    public async Task<AppendResult> AppendAsync(
        IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
    {
        var plan = AppendPlan.Create(registry, appends);
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        var failure = TakeFailure(appends);
        switch (failure)
        {
            case JournalFailure.Hang:
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
                break;
            case JournalFailure.BeforeWrite:
                throw Unavailable(JournalFault.InputOutput, AppendOutcome.NotWritten);
            case JournalFailure.DiskFull:
                throw Unavailable(JournalFault.Full, AppendOutcome.NotWritten);
            case JournalFailure.TornCommit:
                throw Unavailable(JournalFault.InputOutput, AppendOutcome.Unknown);
            case JournalFailure.Conflict:
                throw new JournalConflictException(
                    appends[0].Stream, appends[0].ExpectedVersion, appends[0].ExpectedVersion + 1);
        }

        var result = Commit(plan);
        OnCommitted?.Invoke(result);
        // The answer takes its own step: others may run between the commit and the writer's knowing of it.
        await Task.Yield();
        return failure == JournalFailure.AfterCommit
            ? throw Unavailable(JournalFault.InputOutput, AppendOutcome.Unknown)
            : result;
    }

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(
        StreamId stream, long fromVersion = 1, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fromVersion, 1);
        await Task.Yield();
        var previous = RowChain.Root;
        var expected = 1L;
        foreach (var row in Rows(stream))
        {
            cancellationToken.ThrowIfCancellationRequested();
            RowChain.Verify(row, expected++, previous);
            previous = row.Checksum;
            if (row.Version < fromVersion) continue;
            yield return new RecordedEvent(
                stream, row.Version, row.Sequence, row.Name, DateTimeOffset.FromUnixTimeMilliseconds(row.RecordedAtMs),
                registry.Deserialize(stream, row.Version, row.Name, row.Json));
        }
    }

    public async IAsyncEnumerable<StreamInfo> ListStreamsAsync(
        string kindPrefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        StreamInfo[] streams;
        lock (_gate)
            streams = [.. _streams.Where(s => s.Key.Kind.StartsWith(kindPrefix, StringComparison.Ordinal))
                .OrderBy(s => s.Key.Kind, StringComparer.Ordinal).ThenBy(s => s.Key.Id, StringComparer.Ordinal)
                .Select(s => new StreamInfo(s.Key, s.Value.Count))];
        foreach (var stream in streams)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return stream;
        }
    }

    /// <summary>The stored rows of a stream, as they are, without any check.</summary>
    public IReadOnlyList<JournalRow> Rows(StreamId stream)
    {
        lock (_gate) return [.. _streams.GetValueOrDefault(stream) ?? []];
    }

    /// <summary>Changes a stored row behind the journal's back; null removes it.</summary>
    public void Tamper(StreamId stream, long version, Func<JournalRow, JournalRow?> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            var rows = _streams[stream];
            var index = rows.FindIndex(row => row.Version == version);
            if (change(rows[index]) is { } changed) rows[index] = changed;
            else rows.RemoveAt(index);
        }
    }

    public MemoryJournalBackup Backup()
    {
        lock (_gate)
            return new MemoryJournalBackup(_sequence, _streams.ToDictionary(s => s.Key, s => s.Value.ToArray()));
    }

    /// <summary>What an operator does with an old backup: later commits have never happened.</summary>
    public void Restore(MemoryJournalBackup backup)
    {
        ArgumentNullException.ThrowIfNull(backup);
        lock (_gate)
        {
            _sequence = backup.Sequence;
            _streams.Clear();
            foreach (var (stream, rows) in backup.Streams) _streams[stream] = [.. rows];
        }
    }

    private AppendResult Commit(AppendPlan plan)
    {
        lock (_gate)
        {
            foreach (var (stream, expected) in plan.Expectations)
            {
                var actual = _streams.GetValueOrDefault(stream)?.Count ?? 0;
                if (actual != expected) throw new JournalConflictException(stream, expected, actual);
            }

            var rows = plan.Rows(_sequence, time.GetUtcNow(), stream =>
                _streams.GetValueOrDefault(stream) is { Count: > 0 } old ? old[^1].Checksum : RowChain.Root);
            foreach (var row in rows)
            {
                if (!_streams.TryGetValue(row.Stream, out var stored)) _streams[row.Stream] = stored = [];
                stored.Add(row);
            }

            _sequence += rows.Count;
            Appends++;
            return plan.Result(rows);
        }
    }

    private JournalFailure? TakeFailure(IReadOnlyList<StreamAppend> appends)
    {
        lock (_gate)
            return _failures.TryPeek(out var next) && next.When(appends) ? _failures.Dequeue().Failure : Always;
    }

    private static JournalUnavailableException Unavailable(JournalFault fault, AppendOutcome outcome) =>
        new(fault, outcome, "a fault that the test asked for");
}

public sealed record MemoryJournalBackup(long Sequence, IReadOnlyDictionary<StreamId, JournalRow[]> Streams);
