namespace Fabric.Actors.Journal;

/// <summary>
/// Streams of events. When <see cref="AppendAsync"/> returns, the events survive a power cut. Two writers of one
/// stream cannot both succeed on the same expected version.
/// </summary>
public interface IJournal
{
    /// <summary>One transaction over all the streams: all of it or nothing.</summary>
    /// <exception cref="JournalConflictException">A stream is not at its expected version; nothing was
    /// written.</exception>
    /// <exception cref="JournalUnavailableException">Its Outcome says: not written, or unknown.</exception>
    /// <exception cref="EventRejectedException">An event cannot be written as it is; nothing was tried.</exception>
    Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default);

    /// <summary>The events from that version on, in order, each checked against its checksum.</summary>
    /// <exception cref="UnknownEventException">A name that this build does not know.</exception>
    /// <exception cref="CorruptEventException">A row that is not what was written.</exception>
    IAsyncEnumerable<RecordedEvent> ReadAsync(
        StreamId stream, long fromVersion = 1, CancellationToken cancellationToken = default);

    /// <summary>Every stream whose kind starts so, with its version, in order of kind and id.</summary>
    IAsyncEnumerable<StreamInfo> ListStreamsAsync(string kindPrefix, CancellationToken cancellationToken = default);
}

public sealed record StreamInfo(StreamId Stream, long Version);
