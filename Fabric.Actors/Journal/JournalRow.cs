namespace Fabric.Actors.Journal;

/// <summary>
/// An event as a journal stores it. Times are Unix milliseconds, so a row reads back as it was hashed.
/// </summary>
public sealed record JournalRow(
    StreamId Stream, long Version, long Sequence, string Name, long RecordedAtMs, byte[] Json, byte[] Checksum);
