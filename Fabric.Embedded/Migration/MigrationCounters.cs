using System.Text.Json.Nodes;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>
/// What an outgoing migration counts. Written by its thread, read by monitors: each number for itself is right, and
/// nothing is decided by them.
/// </summary>
internal sealed class MigrationCounters(long memoryBytes, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private long _transferredBytes;
    private long _remainingPages;
    private long _bytesPerSecond;

    /// <summary>Pages sent with their content.</summary>
    public long NormalPages { get; set; }

    /// <summary>Pages sent as zero.</summary>
    public long ZeroPages { get; set; }

    /// <summary>Rounds begun.</summary>
    public int SyncCount { get; set; }

    /// <summary>Of the last round.</summary>
    public long DirtyPagesPerSecond { get; set; }

    /// <summary>Pages that the target asked for.</summary>
    public long PostcopyRequests { get; set; }

    /// <summary>Until the first page.</summary>
    public long SetupMs { get; set; }

    /// <summary>From the guest's stop to the hand-over; null until then.</summary>
    public long? DowntimeMs { get; set; }

    /// <summary>From the start to the end; null until then.</summary>
    public long? TotalMs { get; set; }

    /// <summary>Bytes of the stream so far.</summary>
    public long TransferredBytes => Interlocked.Read(ref _transferredBytes);

    /// <summary>Left in this round.</summary>
    public long RemainingPages
    {
        get => Interlocked.Read(ref _remainingPages);
        set => Interlocked.Exchange(ref _remainingPages, value);
    }

    /// <summary>What the path carried, over the last tenth of a second or more.</summary>
    public long BytesPerSecond
    {
        get => Interlocked.Read(ref _bytesPerSecond);
        set => Interlocked.Exchange(ref _bytesPerSecond, value);
    }

    /// <summary>Since the start.</summary>
    public long ElapsedMs => (long)time.GetElapsedTime(_began).TotalMilliseconds;

    /// <summary>More of the stream was sent.</summary>
    public void Sent(long bytes) => Interlocked.Add(ref _transferredBytes, bytes);

    /// <summary>As <c>query-migrate</c> tells it.</summary>
    public void Tell(JsonObject answer)
    {
        answer["total-time"] = TotalMs ?? ElapsedMs;
        answer["setup-time"] = SetupMs;
        if (DowntimeMs is { } downtime)
            answer["downtime"] = downtime;
        answer["ram"] = new JsonObject
        {
            ["transferred"] = TransferredBytes,
            ["remaining"] = RemainingPages * Limits.Guest.PageSize,
            ["total"] = memoryBytes,
            ["duplicate"] = ZeroPages,
            ["skipped"] = 0,
            ["normal"] = NormalPages,
            ["normal-bytes"] = NormalPages * Limits.Guest.PageSize,
            ["dirty-pages-rate"] = DirtyPagesPerSecond,
            ["mbps"] = BytesPerSecond * 8 / 1e6,
            ["dirty-sync-count"] = SyncCount,
            ["postcopy-requests"] = PostcopyRequests,
            ["page-size"] = Limits.Guest.PageSize,
        };
    }
}
