using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>Where a target agent takes the bytes of a transfer.</summary>
/// <param name="Host">DNS name or address.</param>
/// <param name="Port">TCP port.</param>
public sealed record DataEndpoint(string Host, int Port)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>How the last of a local disk is copied. Closed; numbers are never reused.</summary>
public enum DiskCopyMode
{
    /// <summary>Rounds of what was written meanwhile, the last of them in the pause.</summary>
    Rounds = 1,

    /// <summary>When rounds are over, each write of the guest waits until the target has it.</summary>
    Synchronous,
}

/// <summary>How the source sends.</summary>
/// <param name="BandwidthMax">Bytes a second; 0 is unlimited.</param>
/// <param name="DowntimeLimitMs">At least 1: with 0, QEMU never looks at the dirty bitmap again.</param>
public sealed record TransferPolicy(long BandwidthMax, int DowntimeLimitMs)
{
    /// <summary>
    /// Where the rate begins, bytes a second; it then follows the guest's dirtying up to <see cref="BandwidthMax"/>. 0:
    /// it is the maximum from the beginning.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long BandwidthMin { get; init; }

    /// <summary>
    /// When to switch over and what to do about a guest that writes too fast. Null: the hypervisor decides by the
    /// downtime limit alone.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ConvergencePolicy? Convergence { get; init; }

    /// <summary>The longest downtime that any policy may come to; 0 is <see cref="DowntimeLimitMs"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int DowntimeLimitMsMost { get; init; }

    /// <summary>Connections of the data link; 0: as many as the source's host is configured to make.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Connections { get; init; }

    /// <summary>
    /// What the guest's writes to a local disk are never held below while it is copied, bytes a second; 0: they are not
    /// slowed at all. Null, as in journals of old: <see cref="Limits.Disks.WritesBytesPerSecondMin"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? DiskWritesMin { get; init; }

    /// <summary>How the last of local disks is copied; null, as in journals of old: in rounds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DiskCopyMode? DiskCopy { get; init; }

    /// <summary>
    /// The guest may be slowed, so the hypervisor is to be ready for it; under any policy, for it may be changed to another
    /// when it is too late to get ready.
    /// </summary>
    [JsonIgnore]
    public bool MayThrottle => Convergence is not null;

    /// <summary>
    /// What the guest's writes to its local disks may be slowed to while these are copied; 0: not at all. They may be where
    /// the policy's ladder slows the guest, and as far as <see cref="DiskWritesMin"/> says.
    /// </summary>
    [JsonIgnore]
    public long SlowedWritesMin => Convergence is { } policy && Rules(policy).ThrottlePercentMax > 0
        ? DiskWritesMin ?? Limits.Disks.WritesBytesPerSecondMin
        : 0;

    /// <summary>The rules of a policy with these numbers.</summary>
    public ConvergenceRules Rules(ConvergencePolicy policy) =>
        ConvergenceRules.Of(policy, DowntimeLimitMs, Math.Max(DowntimeLimitMs, DowntimeLimitMsMost));
}

/// <summary>One finished pre-copy round.</summary>
/// <param name="Number">Counts from 1.</param>
/// <param name="Pages">Pages sent in this round, zero pages included.</param>
/// <param name="Bytes">Bytes sent in this round.</param>
/// <param name="DirtyPages">Pages left to send when the round ended.</param>
/// <param name="DirtyPagesPerSecond">The guest's dirtying rate, in 4 KiB pages.</param>
/// <param name="BytesPerSecond">What the path carried.</param>
/// <param name="DurationMs">How long the round took.</param>
public sealed record Round(
    int Number, long Pages, long Bytes, long DirtyPages, long DirtyPagesPerSecond, long BytesPerSecond,
    long DurationMs);

/// <summary>Where a transfer stands; shown to operators, never used to decide about ownership.</summary>
/// <param name="Round">The round under way, from 1.</param>
/// <param name="RemainingBytes">What is left to send in this round.</param>
/// <param name="TransferredBytes">Guest bytes sent so far, all rounds.</param>
/// <param name="WireBytes">Bytes that crossed the data links, both directions, those of the disks too.</param>
/// <param name="TotalBytes">Guest memory.</param>
/// <param name="DirtyPagesPerSecond">The guest's dirtying rate.</param>
/// <param name="BytesPerSecond">What the path carries.</param>
/// <param name="HypervisorDowntimeMs">What the hypervisor itself reports as downtime, once known.</param>
/// <param name="LinkDownSince">Since when the data link has had no connection and is being made again; null while it has
/// one.</param>
/// <param name="PageWork">What was sent in the place of pages; null where nothing was done with them.</param>
/// <param name="Link">What the data link's path is like; null before there is one.</param>
public sealed record TransferProgress(
    int Round,
    long RemainingBytes,
    long TransferredBytes,
    long WireBytes,
    long TotalBytes,
    long DirtyPagesPerSecond,
    long BytesPerSecond,
    long? HypervisorDowntimeMs,
    DateTimeOffset? LinkDownSince = null,
    PageWorkProgress? PageWork = null,
    LinkProgress? Link = null)
{
    /// <summary>The copies of local disks; null without any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DiskProgress>? Disks { get; init; }

    /// <summary>Of <see cref="WireBytes"/>, those of the memory's data link.</summary>
    [JsonIgnore]
    public long MemoryWireBytes => Math.Max(0, WireBytes - (Disks?.Sum(static d => d.WireBytes) ?? 0));
}

/// <summary>What the data link's path is like, as its source measures it.</summary>
/// <param name="Connections">That are up.</param>
/// <param name="BytesPerSecondMax">What it is held to on the wire; 0 is unlimited.</param>
/// <param name="BytesPerSecond">What arrived at the target over the last two seconds.</param>
/// <param name="RoundTripMs">From end to end; null before it was measured.</param>
/// <param name="LossPercent">Segments that TCP sent again, of all with bytes; null where the system does not count.</param>
/// <param name="SegmentsResent">How many.</param>
public sealed record LinkProgress(
    int Connections, long BytesPerSecondMax, long BytesPerSecond, double? RoundTripMs, double? LossPercent,
    long? SegmentsResent)
{
    /// <summary>Segments with bytes in all; null where the system does not count.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SegmentsSent { get; init; }
}

/// <summary>What page work did so far: pages by what was sent in their place, and bytes before and after.</summary>
/// <param name="ZeroPages">Named as zeros.</param>
/// <param name="UnchangedPages">Named as held by the target in this version.</param>
/// <param name="ReferencePages">Named as like another page that the target holds.</param>
/// <param name="DeltaPages">Sent as what changed.</param>
/// <param name="PlainPages">Sent whole, in a batch that was packed where that helped.</param>
/// <param name="RawPages">Sent whole and unpacked: they look random.</param>
/// <param name="BytesBefore">Of the hypervisor's stream.</param>
/// <param name="BytesAfter">In its place, before the link's own framing.</param>
/// <param name="Level">Of compression now; 0 is none.</param>
public sealed record PageWorkProgress(
    long ZeroPages, long UnchangedPages, long ReferencePages, long DeltaPages, long PlainPages, long RawPages,
    long BytesBefore, long BytesAfter, int Level);
