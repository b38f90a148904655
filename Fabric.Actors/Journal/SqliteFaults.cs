using Microsoft.Data.Sqlite;

namespace Fabric.Actors.Journal;

/// <summary>SQLite's result codes in the words of the journal.</summary>
internal static class SqliteFaults
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    public static JournalUnavailableException Map(SqliteException exception, AppendOutcome outcome) => new(
        exception.SqliteErrorCode switch
        {
            Busy or Locked => JournalFault.Locked,
            ReadOnly => JournalFault.ReadOnly,
            InputOutput => JournalFault.InputOutput,
            Corrupt or NotADatabase => JournalFault.Damaged,
            Full => JournalFault.Full,
            CannotOpen => JournalFault.CannotOpen,
            _ => JournalFault.Other,
        },
        outcome,
        $"SQLite error {exception.SqliteErrorCode}/{exception.SqliteExtendedErrorCode}: {exception.Message}",
        exception);
}
