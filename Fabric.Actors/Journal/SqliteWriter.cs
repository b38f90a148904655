using Microsoft.Data.Sqlite;

namespace Fabric.Actors.Journal;

/// <summary>
/// The one writing connection and its prepared statements. Several appends share a transaction and thus an fsync; each
/// is checked against its expected versions before any of its rows is inserted, so a conflict of one leaves the
/// others alone. Not thread-safe: the journal's writer loop is its only caller.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly TimeProvider _time;
    private readonly SqliteCommand _lastSequence;
    private readonly SqliteCommand _head;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _setHead;

    public SqliteWriter(SqliteJournalOptions options, TimeProvider time)
    {
        _time = time;
        _connection = SqliteFile.Open(options, writable: true);
        try
        {
            SqliteSchema.Ensure(_connection, options.Path);
            _lastSequence = Prepare("SELECT coalesce(max(sequence), 0) FROM events");
            _head = Prepare("SELECT version, checksum FROM streams WHERE kind = $kind AND id = $id", "$kind", "$id");
            _insert = Prepare(
                "INSERT INTO events VALUES ($sequence, $kind, $id, $version, $name, $at, $json, $checksum)",
                "$sequence", "$kind", "$id", "$version", "$name", "$at", "$json", "$checksum");
            _setHead = Prepare(
                "INSERT INTO streams VALUES ($kind, $id, $version, $checksum) ON CONFLICT (kind, id) " +
                "DO UPDATE SET version = excluded.version, checksum = excluded.checksum",
                "$kind", "$id", "$version", "$checksum");
        }
        catch (SqliteException exception)
        {
            _connection.Dispose();
            throw SqliteFaults.Map(exception, AppendOutcome.NotWritten);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Settles every append of the group, one way or another; never throws. False: do not use it again.
    /// </summary>
    public bool Write(IReadOnlyList<PendingAppend> group)
    {
        var outcome = AppendOutcome.NotWritten;
        var done = new List<(PendingAppend Append, AppendResult Result)>(group.Count);
        try
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            foreach (var command in (SqliteCommand[])[_lastSequence, _head, _insert, _setHead])
                command.Transaction = transaction;
            var sequence = (long)_lastSequence.ExecuteScalar()!;
            foreach (var append in group)
            {
                if (FindConflict(append.Plan) is { } conflict)
                {
                    append.Fail(conflict);
                    continue;
                }

                var rows = append.Plan.Rows(sequence, _time.GetUtcNow(), stream => Head(stream).Checksum);
                foreach (var row in rows) Insert(row);
                sequence += rows.Count;
                done.Add((append, append.Plan.Result(rows)));
            }

            // From here on an error leaves open whether the commit record reached the disk.
            outcome = AppendOutcome.Unknown;
            transaction.Commit();
        }
        catch (Exception exception)
        {
            var fault = exception is SqliteException sqlite
                ? SqliteFaults.Map(sqlite, outcome)
                : new JournalUnavailableException(JournalFault.Other, outcome, exception.Message, exception);
            foreach (var append in group) append.Fail(fault);
            return false;
        }

        foreach (var (append, result) in done) append.Succeed(result);
        return true;
    }

    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[_lastSequence, _head, _insert, _setHead]) command.Dispose();
        _connection.Dispose();
    }

    private JournalConflictException? FindConflict(AppendPlan plan)
    {
        foreach (var (stream, expected) in plan.Expectations)
        {
            var actual = Head(stream).Version;
            if (actual != expected) return new JournalConflictException(stream, expected, actual);
        }

        return null;
    }

    private (long Version, byte[] Checksum) Head(StreamId stream)
    {
        _head.Parameters[0].Value = stream.Kind;
        _head.Parameters[1].Value = stream.Id;
        using var reader = _head.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : (0, RowChain.Root);
    }

    private void Insert(JournalRow row)
    {
        Set(_insert, row.Sequence, row.Stream.Kind, row.Stream.Id, row.Version, row.Name, row.RecordedAtMs,
            System.Text.Encoding.UTF8.GetString(row.Json), row.Checksum);
        Set(_setHead, row.Stream.Kind, row.Stream.Id, row.Version, row.Checksum);
    }

    private static void Set(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters) command.Parameters.AddWithValue(name, DBNull.Value);
        command.Prepare();
        return command;
    }
}
