namespace Fabric.Actors.Journal;

/// <param name="Stream">Where it stands.</param>
/// <param name="Version">Its number in the stream, from 1, without gaps.</param>
/// <param name="Sequence">Its number in the whole journal; later commits have higher numbers.</param>
/// <param name="Name">As stored, for instance <c>migration.committed.v1</c>, also when it was upcast since.</param>
/// <param name="RecordedAt">The clock of the node that wrote it. For people; nothing is ordered by it.</param>
/// <param name="Event">In the newest shape.</param>
public sealed record RecordedEvent(
    StreamId Stream, long Version, long Sequence, string Name, DateTimeOffset RecordedAt, object Event);
