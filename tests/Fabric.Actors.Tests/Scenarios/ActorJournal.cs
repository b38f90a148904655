using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Testing;
using Fabric.Testing.Scenarios;
using JournalFault = Fabric.Testing.Scenarios.JournalFault;
using StreamAppend = Fabric.Testing.Scenarios.StreamAppend;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>The coordinator's journal: real rows in memory, which outlive every life.</summary>
internal sealed class ActorJournal : IScenarioJournal
{
    // What the rows say, so that a look at the journal costs no parsing.
    private readonly Dictionary<string, List<object>> _read = new(StringComparer.Ordinal);
    private MemoryJournalBackup? _backup;

    public ActorJournal()
    {
        Rows.OnCommitted = result =>
        {
            foreach (var recorded in result.Events)
            {
                var stream = recorded.Stream.ToString();
                if (!_read.TryGetValue(stream, out var events))
                    _read[stream] = events = [];
                events.Add(recorded.Event);
                Committed?.Invoke(stream, recorded.Event);
            }
        };
    }

    public MemoryJournal Rows { get; } = new(FabricEvents.Registry, new VirtualTime());

    /// <summary>Hears each event that became durable.</summary>
    public Action<string, object>? Committed { get; set; }

    public IEnumerable<string> Streams => _read.Keys.Order(StringComparer.Ordinal);

    public JournalFault Next
    {
        set
        {
            if (value != JournalFault.None)
                Rows.FailNext(value == JournalFault.DiskFull ? JournalFailure.DiskFull : JournalFailure.AfterCommit);
        }
    }

    public bool IsFull
    {
        set => Rows.Always = value ? JournalFailure.DiskFull : null;
    }

    public IReadOnlyList<object> Read(string stream) => _read.TryGetValue(stream, out var events) ? events : [];

    /// <summary>As another process would; what is appended is heard of like all else.</summary>
    public void Append(IReadOnlyList<StreamAppend> appends, Action<string, object> appended) =>
        new DeterministicDispatcher(0).Run(() => Rows.AppendAsync([.. appends.Select(Real)]), TimeSpan.Zero);

    public void BackUp() => _backup = Rows.Backup();

    public void Restore()
    {
        Rows.Restore(_backup ?? throw new InvalidOperationException("there is no backup"));
        foreach (var (stream, events) in _read.ToList())
        {
            var kept = Rows.Rows(IdOf(stream)).Count;
            events.RemoveRange(kept, events.Count - kept);
            if (kept == 0)
                _read.Remove(stream);
        }
    }

    private static Fabric.Actors.Journal.StreamAppend Real(StreamAppend append) =>
        new(IdOf(append.Stream), append.Expected, append.Events);

    private static StreamId IdOf(string stream) => stream.Split('/') is [var kind, var id]
        ? new StreamId(kind, id)
        : throw new ArgumentException($"'{stream}' is not a stream", nameof(stream));
}
