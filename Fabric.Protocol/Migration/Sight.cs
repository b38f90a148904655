namespace Fabric.Protocol;

/// <summary>
/// What was last seen of an attempt at its two ends, and since when. Lives in memory only; after a restart all is
/// <c>Unknown</c> and asked for again.
/// </summary>
public sealed record Sight
{
    /// <summary>Nothing seen yet.</summary>
    public static Sight None { get; } = new();

    /// <summary>The source's state.</summary>
    public SourceView Source { get; init; }

    /// <summary>When the source's state was first seen.</summary>
    public DateTimeOffset SourceSince { get; init; }

    /// <summary>Why the attempt is over at the source.</summary>
    public FailureReason? SourceReason { get; init; }

    /// <summary>The same in words.</summary>
    public string? SourceDetail { get; init; }

    /// <summary>What the source's hypervisor calls its downtime.</summary>
    public long? HypervisorDowntimeMs { get; init; }

    /// <summary>The source's share of the downtime, once it has handed off.</summary>
    public HandOffTimes? HandOff { get; init; }

    /// <summary>How long the commit took to be written.</summary>
    public double? CommitNoteMs { get; init; }

    /// <summary>What the attempt has put on the data link so far.</summary>
    public long? WireBytes { get; init; }

    /// <summary>What the disks are like at the source, as its precheck found them.</summary>
    public IReadOnlyList<DiskFacts>? DisksFound { get; init; }

    /// <summary>How far the copies of local disks are.</summary>
    public IReadOnlyList<DiskProgress>? DisksCopied { get; init; }

    /// <summary>When the guest stopped at the source, as far as is known.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>The target's state.</summary>
    public TargetView Target { get; init; }

    /// <summary>When the target's state was first seen.</summary>
    public DateTimeOffset TargetSince { get; init; }

    /// <summary>Where the target takes the bytes.</summary>
    public TransferOffer? Offer { get; init; }

    /// <summary>Why the attempt is over at the target.</summary>
    public FailureReason? TargetReason { get; init; }

    /// <summary>The same in words.</summary>
    public string? TargetDetail { get; init; }

    /// <summary>The target's share of the downtime.</summary>
    public ActivationTimes? Activation { get; init; }

    /// <summary>The source found nothing in the way.</summary>
    public bool SourceChecked { get; init; }

    /// <summary>The target found nothing in the way.</summary>
    public bool TargetChecked { get; init; }

    /// <summary>Nothing is known any more, from this moment on.</summary>
    public static Sight Lost(DateTimeOffset at) => new() { SourceSince = at, TargetSince = at };

    /// <summary>The source's guest is taken to have run until it was lost with its host.</summary>
    internal Sight WithSourceGone(DateTimeOffset at) => Source >= SourceView.DiedRunning ? this : this with
    {
        Source = SourceView.DiedRunning,
        SourceSince = at,
        SourceReason = FailureReason.SourceVmDied,
        SourceDetail = "an operator declared its host gone",
    };

    /// <summary>The target's guest is taken to have run until it was lost with its host.</summary>
    internal Sight WithTargetGone(DateTimeOffset at) => this with
    {
        Target = TargetView.Crashed,
        TargetSince = at,
        TargetReason = FailureReason.TargetLostAfterGrant,
        TargetDetail = "an operator declared its host gone",
    };

    internal Sight Seen(SourceSighted seen) => this with
    {
        Source = seen.View,
        SourceSince = seen.View == Source ? SourceSince : seen.At,
        SourceReason = seen.Reason,
        SourceDetail = seen.Detail,
        HypervisorDowntimeMs = seen.HypervisorDowntimeMs ?? HypervisorDowntimeMs,
        WireBytes = seen.WireBytes ?? WireBytes,
        DisksCopied = seen.Disks ?? DisksCopied,
        HandOff = seen.HandOff ?? HandOff,
        PausedAt = seen.View is SourceView.Paused or SourceView.HandedOff
            ? Earlier(PausedAt, seen.At.AddMilliseconds(
                -Math.Clamp(seen.PausedForMs ?? 0, 0, Limits.Migration.PausedMsMax)))
            : PausedAt,
    };

    internal Sight Seen(TargetSighted seen) => this with
    {
        Target = seen.View,
        TargetSince = seen.View == Target ? TargetSince : seen.At,
        Offer = seen.Offer,
        TargetReason = seen.Reason,
        TargetDetail = seen.Detail,
        Activation = seen.Activation,
    };

    // A coordinator that was not there when the guest stopped hears later how long it has stood.
    private static DateTimeOffset Earlier(DateTimeOffset? known, DateTimeOffset said) =>
        known is { } before && before < said ? before : said;
}
