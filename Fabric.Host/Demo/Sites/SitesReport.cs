using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Host.Faults.Run;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>What the WAN carried while the guest moved, both ways together.</summary>
/// <param name="Bytes">All: the data link, and what went round by the old site.</param>
/// <param name="AllocatedBytes">What the source's image held when it was left, and the guest's memory.</param>
/// <param name="RoundTripMs">As it was made.</param>
/// <param name="BytesPerSecond">As it was made, each way.</param>
/// <param name="Cuts">So often it was cut.</param>
/// <param name="LateMsMax">
/// The latest that a frame came out: above 1 ms the machine was too busy for fine figures.
/// </param>
/// <param name="ExtraBytes">
/// Beyond what had to cross: the memory's bytes of the attempt that came to its end, what lay on the disk, and each block
/// that the guest wrote until the switchover, once. So it is what was sent twice, and what links and TLS add. A block that
/// the guest wrote twice within one round crossed once, and makes it too small. Null when no disk moved.
/// </param>
public sealed record WanReport(
    long Bytes, long AllocatedBytes, double RoundTripMs, long BytesPerSecond, int Cuts, double LateMsMax,
    long? ExtraBytes);

/// <summary>What the demo between sites found; the last line of <c>--json</c>.</summary>
public sealed record SitesReport
{
    /// <summary>The move, the guest and the rules, as every demo tells them.</summary>
    public required CaseReport Move { get; init; }

    /// <summary>From the host.</summary>
    public required string From { get; init; }

    /// <summary>To the host.</summary>
    public required string To { get; init; }

    /// <summary>The client's download; null without a network.</summary>
    public required DownloadReport? Client { get; init; }

    /// <summary>From the client to the guest, before the move; null without a network.</summary>
    public required double? RoundTripMsBefore { get; init; }

    /// <summary>The same after it: as long as before, unless packets go round by the old site.</summary>
    public required double? RoundTripMsAfter { get; init; }

    /// <summary>The guest's disk; null without one.</summary>
    public required DiskReport? Disk { get; init; }

    /// <summary>The WAN.</summary>
    public required WanReport Wan { get; init; }

    /// <summary>Bytes by channel, as the agents count them; null when they did not say.</summary>
    public required TransferProgress? Channels { get; init; }

    /// <summary>Everything is well.</summary>
    public bool Ok => Move.Ok && Client is not { Survived: false } && Disk is not { Ok: false };

    /// <summary>On one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SitesJson.Default.SitesReport);
}

/// <summary>How reports are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = false)]
[JsonSerializable(typeof(SitesReport))]
internal sealed partial class SitesJson : JsonSerializerContext;
