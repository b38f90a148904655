using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Host.Bench.Wan;

/// <summary>What a comparison found; <c>--json</c>.</summary>
public sealed record WanReport
{
    /// <summary>Such as 7.2.22 (tcg).</summary>
    public required string QemuVersion { get; init; }

    /// <summary>Each direction, bits a second.</summary>
    public required long LineBitsPerSecond { get; init; }

    /// <summary>There and back.</summary>
    public required double RoundTripMs { get; init; }

    /// <summary>The guest's.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Processors that all of it shared.</summary>
    public required int Processors { get; init; }

    /// <summary>Every move.</summary>
    public required IReadOnlyList<MoveResult> Moves { get; init; }

    /// <summary>Which of QEMU's own ways sent the fewest bytes, for each guest.</summary>
    public required IReadOnlyDictionary<string, string> BestOfQemu { get; init; }

    /// <summary>The fabric's figures, each divided by what it is compared with.</summary>
    public required IReadOnlyDictionary<string, double> Ratios { get; init; }

    /// <summary>The same of QEMU alone, where it has one.</summary>
    public required IReadOnlyDictionary<string, double> QemuRatios { get; init; }

    /// <summary>Speeds on loopback without page work; tlsAlone is what TLS carries with nothing else beside.</summary>
    public required IReadOnlyDictionary<string, double> MegabytesPerSecond { get; init; }

    /// <summary>Every guest arrived with all its pages right.</summary>
    public bool Clean => Moves.All(m => m.Clean);

    /// <summary>On one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, WanJson.Default.WanReport);
}

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(WanReport))]
internal sealed partial class WanJson : JsonSerializerContext;
