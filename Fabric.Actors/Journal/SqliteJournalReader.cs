using System.Runtime.CompilerServices;
using Fabric.Protocol;

namespace Fabric.Actors.Journal;

/// <summary>
/// Reads a journal's file, every row checked against the chain. Writes nothing, so it may look at the file of another
/// process, living or dead.
/// </summary>
public sealed class SqliteJournalReader(SqliteJournalOptions options, EventRegistry registry) : IDisposable
{
    private readonly SqliteReaders _readers = new(options);

    /// <inheritdoc cref="IJournal.ReadAsync"/>
    public async IAsyncEnumerable<RecordedEvent> ReadAsync(
        StreamId stream, long fromVersion = 1, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fromVersion, 1);
        // The row before the first one wanted is read too: the chain begins with its checksum.
        var next = Math.Max(1, fromVersion - 1);
        byte[]? previous = next == 1 ? RowChain.Root : null;
        while (true)
        {
            var from = next;
            var (rows, headVersion, headChecksum) = await _readers.RunAsync(
                connection => SqliteReader.Page(connection, stream, from, Limits.Journal.RowsPerRead),
                cancellationToken);
            foreach (var row in rows)
            {
                if (previous is not null || row.Version != next) RowChain.Verify(row, next, previous ?? RowChain.Root);
                previous = row.Checksum;
                next++;
                if (row.Version < fromVersion) continue;
                yield return new RecordedEvent(
                    stream, row.Version, row.Sequence, row.Name,
                    DateTimeOffset.FromUnixTimeMilliseconds(row.RecordedAtMs),
                    registry.Deserialize(stream, row.Version, row.Name, row.Json));
            }

            if (rows.Count == Limits.Journal.RowsPerRead) continue;
            CheckEnd(stream, next - 1, previous, headVersion, headChecksum);
            yield break;
        }
    }

    /// <inheritdoc cref="IJournal.ListStreamsAsync"/>
    public async IAsyncEnumerable<StreamInfo> ListStreamsAsync(
        string kindPrefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kindPrefix);
        StreamId? after = null;
        while (true)
        {
            var last = after;
            var page = await _readers.RunAsync(
                connection => SqliteReader.Streams(connection, kindPrefix, last, Limits.Journal.RowsPerRead),
                cancellationToken);
            foreach (var stream in page) yield return stream;
            if (page.Count < Limits.Journal.RowsPerRead) yield break;
            after = page[^1].Stream;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _readers.Dispose();

    private static void CheckEnd(
        StreamId stream, long lastVersion, byte[]? lastChecksum, long headVersion, byte[] headChecksum)
    {
        if (lastVersion < headVersion)
            throw new CorruptEventException(
                stream, lastVersion + 1, $"it is missing; the stream's head is at {headVersion}");
        if (lastVersion > headVersion && lastChecksum is not null)
            throw new CorruptEventException(stream, lastVersion, $"the stream's head is at {headVersion}, before it");
        if (lastChecksum is not null && !lastChecksum.AsSpan().SequenceEqual(headChecksum))
            throw new CorruptEventException(stream, lastVersion, "the stream's head has another checksum for it");
    }
}
