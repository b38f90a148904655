using Fabric.Protocol;

namespace Fabric.Actors.Journal;

public sealed record SqliteJournalOptions
{
    /// <summary>The database file. Its directory is created for its owner only, if it is not there.</summary>
    public required string Path { get; init; }

    /// <summary>How long an append waits for another process's lock.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromMilliseconds(Limits.Journal.BusyTimeoutMs);

    /// <summary>The file grows no further: appends are refused as if the disk were full, and reads go on.</summary>
    public long FileBytesMax { get; init; } = Limits.Journal.FileBytesMax;
}
