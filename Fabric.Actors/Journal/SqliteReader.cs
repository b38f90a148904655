using System.Text;
using Microsoft.Data.Sqlite;

namespace Fabric.Actors.Journal;

/// <summary>Reads on connections of their own: WAL lets them go on while the writer writes.</summary>
internal static class SqliteReader
{
    /// <summary>
    /// One page of rows from a version on, unchecked, and the stream's head as of the same snapshot.
    /// </summary>
    public static (List<JournalRow> Rows, long HeadVersion, byte[] HeadChecksum) Page(
        SqliteConnection connection, StreamId stream, long fromVersion, int rowsMax)
    {
        try
        {
            using var snapshot = connection.BeginTransaction(deferred: true);
            var (version, checksum) = Head(connection, snapshot, stream);
            using var command = Command(connection, snapshot, stream, """
                SELECT sequence, version, name, recorded_at_ms, json, checksum FROM events
                WHERE kind = $kind AND id = $id AND version >= $from ORDER BY version LIMIT $max
                """);
            command.Parameters.AddWithValue("$from", fromVersion);
            command.Parameters.AddWithValue("$max", rowsMax);
            using var reader = command.ExecuteReader();
            var rows = new List<JournalRow>();
            while (reader.Read())
                rows.Add(new JournalRow(
                    stream, reader.GetInt64(1), reader.GetInt64(0), reader.GetString(2), reader.GetInt64(3),
                    Encoding.UTF8.GetBytes(reader.GetString(4)), reader.GetFieldValue<byte[]>(5)));
            return (rows, version, checksum);
        }
        catch (SqliteException exception)
        {
            throw SqliteFaults.Map(exception, AppendOutcome.NotWritten);
        }
        catch (Exception exception) when (exception is InvalidCastException or InvalidOperationException)
        {
            // A column of another type than was written, NULL included.
            throw new CorruptEventException(
                stream, fromVersion, "a row at or after it has columns of wrong types", exception);
        }
    }

    public static List<StreamInfo> Streams(SqliteConnection connection, string kindPrefix, StreamId? after, int rowsMax)
    {
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = """
                SELECT kind, id, version FROM streams
                WHERE substr(kind, 1, length($prefix)) = $prefix AND (kind, id) > ($kind, $id)
                ORDER BY kind, id LIMIT $max
                """;
            command.Parameters.AddWithValue("$prefix", kindPrefix);
            command.Parameters.AddWithValue("$kind", after?.Kind ?? "");
            command.Parameters.AddWithValue("$id", after?.Id ?? "");
            command.Parameters.AddWithValue("$max", rowsMax);
            using var reader = command.ExecuteReader();
            var streams = new List<StreamInfo>();
            while (reader.Read())
                streams.Add(new StreamInfo(new StreamId(reader.GetString(0), reader.GetString(1)), reader.GetInt64(2)));
            return streams;
        }
        catch (SqliteException exception)
        {
            throw SqliteFaults.Map(exception, AppendOutcome.NotWritten);
        }
    }

    private static (long Version, byte[] Checksum) Head(
        SqliteConnection connection, SqliteTransaction snapshot, StreamId stream)
    {
        using var command = Command(
            connection, snapshot, stream, "SELECT version, checksum FROM streams WHERE kind = $kind AND id = $id");
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : (0, RowChain.Root);
    }

    private static SqliteCommand Command(
        SqliteConnection connection, SqliteTransaction snapshot, StreamId stream, string sql)
    {
        var command = connection.CreateCommand();
        command.Transaction = snapshot;
        command.CommandText = sql;
        command.Parameters.AddWithValue("$kind", stream.Kind);
        command.Parameters.AddWithValue("$id", stream.Id);
        return command;
    }
}
