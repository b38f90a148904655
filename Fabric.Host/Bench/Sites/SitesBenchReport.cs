using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Host.Bench.Sites;

/// <summary>What <c>fabric bench sites</c> found; <c>--json</c>.</summary>
public sealed record SitesBenchReport
{
    /// <summary>Such as 7.2.22 (tcg).</summary>
    public required string QemuVersion { get; init; }

    /// <summary>Each direction, bits a second.</summary>
    public required long WanBitsPerSecond { get; init; }

    /// <summary>There and back.</summary>
    public required double RoundTripMs { get; init; }

    /// <summary>The guest's.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>What the guest sees of its disk.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>What it writes to it, bytes a second.</summary>
    public required long WriteBytesPerSecond { get; init; }

    /// <summary>What of the disk it goes round in.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Processors that all of it shared.</summary>
    public required int Processors { get; init; }

    /// <summary>Processes that wanted to run, over a minute: before the lab was made, and at the end.</summary>
    public required IReadOnlyList<double?> LoadAverage { get; init; }

    /// <summary>The latest that a frame of the WAN came out: above 1 ms the machine was too busy for fine figures.</summary>
    public required double WanLateMsMax { get; init; }

    /// <summary>Blocks that the guest was told are on its disk, after all its moves by the fabric; null when it made none.</summary>
    public required long? AcknowledgedBlocks { get; init; }

    /// <summary>Of them, what is not there.</summary>
    public required long? LostBlocks { get; init; }

    /// <summary>From site to site.</summary>
    public required IReadOnlyList<SiteMove> Moves { get; init; }

    /// <summary>Within a site.</summary>
    public required IReadOnlyList<LanMove> Lan { get; init; }

    /// <summary>The figures, and what is asked of them.</summary>
    public required IReadOnlyList<SitesBar> Bars { get; init; }

    /// <summary>Every guest arrived with its connection, its memory and its disk.</summary>
    public bool Clean => Moves.All(m => m.Clean) && Lan.All(m => m.Clean) && LostBlocks is null or 0;

    /// <summary>On one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SitesBenchJson.Default.SitesBenchReport);
}

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SitesBenchReport))]
internal sealed partial class SitesBenchJson : JsonSerializerContext;
