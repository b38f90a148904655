using Fabric.Protocol;

namespace Fabric.Actors.Journal;

/// <summary>
/// An append, checked and serialised before any journal touches its store, so that what cannot be written is refused
/// while it is certain that nothing was. Shared by all journals: they differ in where the rows go, not in the rows.
/// </summary>
public sealed class AppendPlan
{
    private readonly List<Part> _parts = [];
    private readonly List<object> _events = [];

    private AppendPlan()
    {
    }

    public IEnumerable<(StreamId Stream, long ExpectedVersion)> Expectations =>
        _parts.Select(part => (part.Stream, part.Expected));

    public static AppendPlan Create(EventRegistry registry, IReadOnlyList<StreamAppend> appends)
    {
        ArgumentNullException.ThrowIfNull(appends);
        var plan = new AppendPlan();
        foreach (var append in appends)
        {
            if (append.ExpectedVersion < 0)
                throw new ArgumentException($"{append.Stream}: expected version {append.ExpectedVersion}.",
                    nameof(appends));
            if (plan._parts.Any(part => part.Stream == append.Stream))
                throw new ArgumentException($"{append.Stream} is named twice in one append.", nameof(appends));
            plan._parts.Add(new Part(
                append.Stream, append.ExpectedVersion, [.. append.Events.Select(registry.Serialize)]));
            plan._events.AddRange(append.Events);
        }

        if (plan._events.Count is 0 or > Limits.Journal.EventsPerAppendMax)
            throw new ArgumentException(
                $"{plan._events.Count} events in one append; 1 to {Limits.Journal.EventsPerAppendMax} are allowed.",
                    nameof(appends));
        return plan._parts.Count <= Limits.Journal.StreamsPerAppendMax
            ? plan
            : throw new ArgumentException(
                $"{plan._parts.Count} streams in one append; {Limits.Journal.StreamsPerAppendMax} are allowed.",
                    nameof(appends));
    }

    /// <summary>The rows to insert, once the expected versions were found true.</summary>
    /// <param name="lastSequence">Of the whole journal.</param>
    /// <param name="recordedAt">From the writer's clock.</param>
    /// <param name="headChecksum">Checksum of the last row of a stream, or <see cref="RowChain.Root"/>.</param>
    public List<JournalRow> Rows(long lastSequence, DateTimeOffset recordedAt, Func<StreamId, byte[]> headChecksum)
    {
        ArgumentNullException.ThrowIfNull(headChecksum);
        var rows = new List<JournalRow>(_events.Count);
        var at = recordedAt.ToUnixTimeMilliseconds();
        foreach (var part in _parts)
        {
            if (part.Events.Count == 0) continue;
            var (version, previous) = (part.Expected, headChecksum(part.Stream));
            foreach (var (name, json) in part.Events)
            {
                previous = RowChain.Checksum(previous, part.Stream, ++version, ++lastSequence, name, at, json);
                rows.Add(new JournalRow(part.Stream, version, lastSequence, name, at, json, previous));
            }
        }

        return rows;
    }

    public AppendResult Result(IReadOnlyList<JournalRow> rows) => new([.. rows.Select((row, i) => new RecordedEvent(
        row.Stream, row.Version, row.Sequence, row.Name,
            DateTimeOffset.FromUnixTimeMilliseconds(row.RecordedAtMs), _events[i]))]);

    private sealed record Part(StreamId Stream, long Expected, IReadOnlyList<(string Name, byte[] Json)> Events);
}
