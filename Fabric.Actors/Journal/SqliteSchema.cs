using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Fabric.Actors.Journal;

/// <summary>
/// Two tables: the events, and for each stream its head. The head makes the version check one lookup, and a last row
/// that has gone missing is seen, which the chain of checksums alone would not show. Readable with the sqlite3 shell.
/// </summary>
internal static class SqliteSchema
{
    public const long Version = 1;

    private const string Create = """
        CREATE TABLE schema_version (version INTEGER NOT NULL);
        CREATE TABLE events (
            sequence INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            version INTEGER NOT NULL,
            name TEXT NOT NULL,
            recorded_at_ms INTEGER NOT NULL,
            json TEXT NOT NULL,
            checksum BLOB NOT NULL,
            UNIQUE (kind, id, version));
        CREATE TABLE streams (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            version INTEGER NOT NULL,
            checksum BLOB NOT NULL,
            PRIMARY KEY (kind, id)) WITHOUT ROWID;
        INSERT INTO schema_version VALUES (1);
        """;

    /// <summary>Creates the tables in an empty database; refuses one that a newer build has written.</summary>
    public static void Ensure(SqliteConnection connection, string path)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        if (Scalar(connection, transaction, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'") == 0)
            Scalar(connection, transaction, Create);
        var found = Scalar(connection, transaction, "SELECT max(version) FROM schema_version");
        if (found != Version) throw new JournalSchemaException(path, found, Version);
        transaction.Commit();
    }

    private static long Scalar(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar() ?? 0, CultureInfo.InvariantCulture);
    }
}
