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

    /// <summary>A proxy's: connections open now.</summary>
    public int? Connections { get; init; }

    /// <summary>Connections over which something was sent.</summary>
    public int? ConnectionsOpened { get; init; }

    /// <summary>Connections turned away, in a cut or because there were too many.</summary>
    public int? ConnectionsRefused { get; init; }

    /// <summary>Bytes delivered to the target, or the second end.</summary>
    public required long BytesThere { get; init; }

    /// <summary>Bytes delivered from there.</summary>
    public required long BytesBack { get; init; }

    /// <summary>
    /// Segments that were lost on the way there, by chance; the proxy itself sends them again.
    /// </summary>
    public required long LostThere { get; init; }

    /// <summary>The same on the way back.</summary>
    public required long LostBack { get; init; }

    /// <summary>What only a wire has.</summary>
    public WireCounters? Wire { get; init; }
}

/// <summary>
/// What a wire between two interfaces has done; frames are those of the line, however they were handed over.
/// </summary>
/// <param name="QueueMs">What would wait longer for its turn is dropped.</param>
/// <param name="FramesThere">Delivered to the second end.</param>
/// <param name="FramesBack">Delivered to the first end.</param>
/// <param name="OverflowedThere">Found the queue full.</param>
/// <param name="OverflowedBack">The same on the way back.</param>
/// <param name="CutThere">Lost while it was cut.</param>
/// <param name="CutBack">The same on the way back.</param>
/// <param name="LateMsMax">
/// The latest that a frame came out after its time: above 1 ms the machine was too busy.
/// </param>
public sealed record WireCounters(
    double QueueMs, long FramesThere, long FramesBack, long OverflowedThere, long OverflowedBack, long CutThere,
    long CutBack, double LateMsMax);

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

    /// <summary>A wire's: what would wait longer is dropped.</summary>
    public double? QueueMs { get; init; }

    /// <summary>Cut now, for so long.</summary>
    public double? CutMs { get; init; }

    /// <summary>What that cut does; the proxy's own kind when it is not said.</summary>
    public CutKind? CutKind { get; init; }

    /// <summary>Which way that cut is; both when it is not said. Only a wire has ways.</summary>
    public CutWay? CutWay { get; init; }
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
