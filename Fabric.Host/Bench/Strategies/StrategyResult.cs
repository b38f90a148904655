using System.Text.Json.Serialization;

namespace Fabric.Host.Bench.Strategies;

/// <summary>One round, or what came after the switch.</summary>
/// <param name="Number">From 1.</param>
/// <param name="StartMs">Since the migration began.</param>
/// <param name="DurationMs">How long.</param>
/// <param name="Pages">Sent, zero pages included.</param>
/// <param name="Bytes">Sent.</param>
public sealed record StrategyRound(int Number, double StartMs, double DurationMs, long Pages, long Bytes)
{
    /// <summary>Megabits a second.</summary>
    public double Mbps => DurationMs > 0 ? Bytes * 8 / DurationMs / 1e3 : 0;
}

/// <summary>One move.</summary>
public sealed record StrategyResult
{
    /// <summary>What the guest did.</summary>
    public required string Program { get; init; }

    /// <summary>How it was moved.</summary>
    public required Strategy Strategy { get; init; }

    /// <summary>Megabits a second, each way.</summary>
    public required double LineMbps { get; init; }

    /// <summary>From the order until nothing depends on the source any more.</summary>
    public required double TotalMs { get; init; }

    /// <summary>While the guest ran nowhere.</summary>
    public required double DowntimeMs { get; init; }

    /// <summary>Bytes of the stream over the guest's memory.</summary>
    public required double BytesOverMemory { get; init; }

    /// <summary>Operations a second before the move.</summary>
    public required double OperationsPerSecond { get; init; }

    /// <summary>Operations that an undisturbed guest would have done more, from the order to a second after the end.</summary>
    public required double OperationsLost { get; init; }

    /// <summary>The same as time of undisturbed work.</summary>
    public double ServiceLostMs => OperationsPerSecond > 0 ? OperationsLost * 1000 / OperationsPerSecond : 0;

    /// <summary>Every page of the guest is what it should be.</summary>
    public required bool Clean { get; init; }

    /// <summary>Rounds in order.</summary>
    public required IReadOnlyList<StrategyRound> Rounds { get; init; }

    /// <summary>Operations in each tenth of a second from the order on, both ends together.</summary>
    public required IReadOnlyList<int> Service { get; init; }
}

/// <summary>A shape that the literature shows, and whether ours is like it.</summary>
public sealed record Shape(string What, string Seen, bool Agrees);

/// <summary>All of it.</summary>
public sealed record StrategiesReport(
    long MemoryBytes, int Processors, IReadOnlyList<StrategyResult> Moves, IReadOnlyList<Shape> Shapes);

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StrategiesReport))]
internal sealed partial class StrategiesJson : JsonSerializerContext;
