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

/// <summary>How the source sends.</summary>
/// <param name="BandwidthMax">Bytes a second; 0 is unlimited.</param>
/// <param name="DowntimeLimitMs">At least 1: with 0, QEMU never looks at the dirty bitmap again.</param>
public sealed record TransferPolicy(long BandwidthMax, int DowntimeLimitMs);

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
/// <param name="WireBytes">Bytes that crossed the data link, both directions.</param>
/// <param name="TotalBytes">Guest memory.</param>
/// <param name="DirtyPagesPerSecond">The guest's dirtying rate.</param>
/// <param name="BytesPerSecond">What the path carries.</param>
/// <param name="HypervisorDowntimeMs">What the hypervisor itself reports as downtime, once known.</param>
/// <param name="LinkDownSince">Since when the data link has had no connection and is being made again; null while it has
/// one.</param>
public sealed record TransferProgress(
    int Round,
    long RemainingBytes,
    long TransferredBytes,
    long WireBytes,
    long TotalBytes,
    long DirtyPagesPerSecond,
    long BytesPerSecond,
    long? HypervisorDowntimeMs,
    DateTimeOffset? LinkDownSince = null);
