namespace Fabric.Protocol;

/// <summary>What a connection is to carry next.</summary>
public enum LinkOutKind
{
    /// <summary>Bytes of a channel.</summary>
    Data = 1,

    /// <summary>The end of a channel.</summary>
    End,

    /// <summary>What was received of a channel, and how much more is taken.</summary>
    Ack,

    /// <summary>A sign of life.</summary>
    Beat,

    /// <summary>This side is done and will not come back.</summary>
    Bye,
}

/// <summary>One frame to write.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Channel">Of which channel; 0 for a beat and a bye.</param>
/// <param name="Frame">Which bytes, when Data or End.</param>
/// <param name="Received">Acknowledged, when Ack.</param>
/// <param name="Limit">Credit, when Ack.</param>
/// <param name="Beat">The clocks, when Beat.</param>
public readonly record struct LinkOut(
    LinkOutKind Kind, int Channel, OutFrame Frame, long Received, long Limit, LinkBeat Beat);

/// <summary>A sign of life, and what the other side needs to know the round trip's time.</summary>
/// <param name="Stamp">This side's clock, in milliseconds, from 1.</param>
/// <param name="Echo">The last stamp of the peer; 0 before the first.</param>
/// <param name="HeldMs">How long ago it came.</param>
public readonly record struct LinkBeat(long Stamp, long Echo, long HeldMs);
