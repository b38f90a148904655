namespace Fabric.Actors.Journal;

/// <summary>What is known about an append that did not return.</summary>
public enum AppendOutcome
{
    NotWritten = 1,

    /// <summary>The commit was under way. Only reading the journal again tells.</summary>
    Unknown,
}

/// <summary>Why the journal could not be used.</summary>
public enum JournalFault
{
    Locked = 1,
    ReadOnly,
    Full,
    InputOutput,
    Damaged,
    CannotOpen,
    Overloaded,
    TimedOut,
    Closed,
    Other,
}

/// <summary>Another writer has appended to the stream; what this writer believes about it is out of date.</summary>
public sealed class JournalConflictException(StreamId stream, long expected, long actual) : Exception(
    $"Stream {stream} is at version {actual}, not {expected}: somebody else writes it. Nothing was written; read the " +
    "stream again.")
{
    public StreamId Stream { get; } = stream;
    public long ExpectedVersion { get; } = expected;
    public long ActualVersion { get; } = actual;
}

/// <summary>The journal did not do it; <see cref="Outcome"/> says whether it may have.</summary>
public sealed class JournalUnavailableException(
    JournalFault fault, AppendOutcome outcome, string detail, Exception? cause = null) : Exception(
    $"The journal is unavailable ({fault}, " +
    $"{(outcome == AppendOutcome.Unknown ? "outcome unknown" : "nothing written")}): " +
    $"{detail}. {AdviceFor(fault)}", cause)
{
    public JournalFault Fault { get; } = fault;
    public AppendOutcome Outcome { get; } = outcome;
    public string Advice => AdviceFor(Fault);

    private static string AdviceFor(JournalFault fault) => fault switch
    {
        JournalFault.Locked => "Another process holds the database: stop it, or give each coordinator its own file.",
        JournalFault.ReadOnly => "Check the owner and mode of the file and of its directory, and the mount options.",
        JournalFault.Full => "Free space on the journal's file system; nothing is lost, work goes on by itself then.",
        JournalFault.InputOutput => "Check the disk and the kernel log before going on.",
        JournalFault.Damaged => "Stop, keep a copy of the file, and restore it from a backup under an operator's eyes.",
        JournalFault.CannotOpen => "Check that the path exists, is a file, and may be opened by this user.",
        JournalFault.Overloaded => "Appends come faster than the disk syncs; try again later.",
        JournalFault.TimedOut => "The disk or the database hangs; check it, then look at what the journal holds.",
        JournalFault.Closed => "The process is shutting down.",
        _ => "See the inner error.",
    };
}

/// <summary>The database was written by a newer build. This one must not touch what it does not understand.</summary>
public sealed class JournalSchemaException(string path, long found, long known) : Exception(
    $"{path} has journal schema {found}; this build knows {known}. " +
    "Run the newer build, or restore a backup of its age.")
{
    public long Found { get; } = found;
    public long Known { get; } = known;
}

/// <summary>An event that cannot be written as it is; nothing was tried and the actor may go on.</summary>
public sealed class EventRejectedException(string reason, Exception? cause = null) : Exception(reason, cause);

/// <summary>
/// A stored name that this build does not know: an older build reading a newer one's journal, most likely.
/// </summary>
public sealed class UnknownEventException(StreamId stream, long version, string name) : Exception(
    $"{stream} version {version}: no event is named '{name}' in this build. Run the build that wrote it.")
{
    public StreamId Stream { get; } = stream;
    public long Version { get; } = version;
    public string Name { get; } = name;
}

/// <summary>
/// A stored row is not what was written, or does not fit where it stands. It is never repaired silently.
/// </summary>
public sealed class CorruptEventException(StreamId stream, long version, string why, Exception? cause = null)
    : Exception(
    $"{stream} version {version} is corrupt: {why}. Restore the journal from a backup under an operator's eyes.", cause)
{
    public StreamId Stream { get; } = stream;
    public long Version { get; } = version;
    public string Why { get; } = why;
}
