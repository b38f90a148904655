using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Fabric.Actors.Journal;

/// <summary>Opens connections to a journal's file, private to its owner and safe against a power cut.</summary>
internal static class SqliteFile
{
    private const int PageBytes = 4096;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes directory and file before SQLite does, so that they are never readable by others.</summary>
    public static void Prepare(string path)
    {
        try
        {
            var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory);
                return;
            }

            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            if (File.Exists(path)) return;
            // SQLite gives -wal and -shm the mode of the database file.
            new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                UnixCreateMode = OwnerOnly,
            }).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new JournalUnavailableException(
                JournalFault.CannotOpen, AppendOutcome.NotWritten, exception.Message, exception);
        }
    }

    public static SqliteConnection Open(SqliteJournalOptions options, bool writable)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = options.Path,
            Mode = writable ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly,
            Pooling = false,
            // In seconds, and zero would mean for ever.
            DefaultTimeout = Math.Max(1, (int)Math.Ceiling(options.BusyTimeout.TotalSeconds)),
        }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            // FULL: the WAL is synced at each commit, so what AppendAsync acknowledged survives a power cut.
            command.CommandText = writable
                ? "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; " +
                  "PRAGMA trusted_schema = OFF; " +
                  string.Create(
                      CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {options.FileBytesMax / PageBytes};")
                : "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;";
            command.ExecuteNonQuery();
            return connection;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw SqliteFaults.Map(exception, AppendOutcome.NotWritten);
        }
    }
}
