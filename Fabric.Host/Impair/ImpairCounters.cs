using System.Text.Json.Serialization;

namespace Fabric.Host.Impair;

/// <summary>What a proxy is like and what it has done, as it says itself.</summary>
public sealed record ImpairCounters
{
    /// <summary>Since its start.</summary>
    public required double UptimeMs { get; init; }

    /// <summary>One way.</summary>
    public required double DelayMs { get; init; }

    /// <summary>Up to so much more.</summary>
    public required double JitterMs { get; init; }

    /// <summary>Each direction; 0 is as fast as it goes.</summary>
    public required long BytesPerSecond { get; init; }

    /// <summary>Share of segments.</summary>
    public required double Loss { get; init; }

    /// <summary>The line is cut now.</summary>
    public required bool IsCut { get; init; }

    /// <summary>Cuts so far.</summary>
    public required int Cuts { get; init; }

    /// <summary>Connections open now.</summary>
    public required int Connections { get; init; }

    /// <summary>Connections over which something was sent.</summary>
    public required int ConnectionsOpened { get; init; }

    /// <summary>Connections turned away, in a cut or because there were too many.</summary>
    public required int ConnectionsRefused { get; init; }

    /// <summary>Bytes delivered to the target.</summary>
    public required long BytesThere { get; init; }

    /// <summary>Bytes delivered from the target.</summary>
    public required long BytesBack { get; init; }

    /// <summary>Segments that were lost, and sent again, on the way to the target.</summary>
    public required long LostThere { get; init; }

    /// <summary>The same on the way back.</summary>
    public required long LostBack { get; init; }
}

/// <summary>What is asked of a running proxy: changes, or none to be told its counters.</summary>
public sealed record ImpairChange
{
    /// <summary>One way.</summary>
    public double? DelayMs { get; init; }

    /// <summary>Up to so much more.</summary>
    public double? JitterMs { get; init; }

    /// <summary>Each direction; 0 is as fast as it goes.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Share of segments.</summary>
    public double? Loss { get; init; }

    /// <summary>Cut now, for so long.</summary>
    public double? CutMs { get; init; }

    /// <summary>What that cut does; the proxy's own kind when it is not said.</summary>
    public CutKind? CutKind { get; init; }
}

/// <summary>The answer: counters after the change, or why there was none.</summary>
public sealed record ImpairAnswer(ImpairCounters? Counters, string? Error);

/// <summary>How they are written: one line each.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ImpairCounters))]
[JsonSerializable(typeof(ImpairChange))]
[JsonSerializable(typeof(ImpairAnswer))]
internal sealed partial class ImpairJson : JsonSerializerContext;
