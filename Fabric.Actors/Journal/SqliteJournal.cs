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
    private readonly SqliteJournalReader _reader;
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
        _reader = new SqliteJournalReader(options, registry);
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

    public IAsyncEnumerable<RecordedEvent> ReadAsync(
        StreamId stream, long fromVersion = 1, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(stream, fromVersion, cancellationToken);

    public IAsyncEnumerable<StreamInfo> ListStreamsAsync(
        string kindPrefix, CancellationToken cancellationToken = default) =>
        _reader.ListStreamsAsync(kindPrefix, cancellationToken);

    /// <summary>Writes what was accepted, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        _queue.Writer.TryComplete();
        await _writing;
        _reader.Dispose();
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
}
