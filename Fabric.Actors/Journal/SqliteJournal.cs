using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fabric.Protocol;

namespace Fabric.Actors.Journal;

/// <summary>
/// The embedded journal: one SQLite file, WAL, synced at every commit. One writer loop takes appends from a bounded
/// queue and puts those that wait together into one transaction, so under load many appends share an fsync.
/// SQLite itself drops a torn commit at the next open; rows changed at rest are seen by <see cref="RowChain"/>.
/// What no file can show is its own age: a whole journal restored from a backup looks sound, and it is the hosts'
/// ledgers with their higher epochs that refuse it.
/// </summary>
public sealed class SqliteJournal : IJournal, IAsyncDisposable
{
    private readonly SqliteJournalOptions _options;
    private readonly EventRegistry _registry;
    private readonly TimeProvider _time;
    private readonly SqliteReaders _readers;
    private readonly Channel<PendingAppend> _queue = Channel.CreateBounded<PendingAppend>(
        new BoundedChannelOptions(Limits.Journal.AppendsWaitingMax) { SingleReader = true });
    private readonly Task _writing;
    private volatile bool _closed;

    private SqliteJournal(
        SqliteJournalOptions options, EventRegistry registry, TimeProvider time, SqliteWriter writer)
    {
        _options = options;
        _registry = registry;
        _time = time;
        _readers = new SqliteReaders(options);
        _writing = Task.Run(() => WriteAsync(writer));
    }

    /// <exception cref="JournalUnavailableException">It cannot be opened; the message says what to do.</exception>
    /// <exception cref="JournalSchemaException">A newer build wrote it.</exception>
    public static SqliteJournal Open(SqliteJournalOptions options, EventRegistry registry, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        SqliteFile.Prepare(options.Path);
        return new SqliteJournal(options, registry, time, new SqliteWriter(options, time));
    }

    public async Task<AppendResult> AppendAsync(
        IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
    {
        var pending = new PendingAppend(AppendPlan.Create(_registry, appends));
        cancellationToken.ThrowIfCancellationRequested();
        // Once queued it cannot be taken back: a cancelled append would be one whose outcome nobody knows.
        if (!_queue.Writer.TryWrite(pending))
            throw _closed
                ? new JournalUnavailableException(JournalFault.Closed, AppendOutcome.NotWritten, "it is closed")
                : new JournalUnavailableException(
                    JournalFault.Overloaded, AppendOutcome.NotWritten,
                    $"{Limits.Journal.AppendsWaitingMax} appends wait already");
        return await pending.Result;
    }

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
                    _registry.Deserialize(stream, row.Version, row.Name, row.Json));
            }

            if (rows.Count == Limits.Journal.RowsPerRead) continue;
            CheckEnd(stream, next - 1, previous, headVersion, headChecksum);
            yield break;
        }
    }

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

    /// <summary>Writes what was accepted, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        _queue.Writer.TryComplete();
        await _writing;
        _readers.Dispose();
    }

    private async Task WriteAsync(SqliteWriter? writer)
    {
        var group = new List<PendingAppend>(Limits.Journal.AppendsPerCommitMax);
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < Limits.Journal.AppendsPerCommitMax && _queue.Reader.TryRead(out var append))
                group.Add(append);
            writer = Write(writer, group);
        }

        writer?.Dispose();
    }

    // After a fault nobody knows what state the connection is in: the next group begins with a new one.
    private SqliteWriter? Write(SqliteWriter? writer, List<PendingAppend> group)
    {
        try
        {
            writer ??= new SqliteWriter(_options, _time);
            if (writer.Write(group)) return writer;
            writer.Dispose();
        }
        catch (Exception exception)
        {
            foreach (var append in group) append.Fail(exception);
        }

        return null;
    }

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
