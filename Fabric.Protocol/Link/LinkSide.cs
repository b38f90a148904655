namespace Fabric.Protocol;

/// <summary>Which end of a data link.</summary>
public enum LinkSide
{
    /// <summary>The source's agent: it makes the connections, and makes them again.</summary>
    Source = 1,

    /// <summary>The target's agent: connections come to it.</summary>
    Target,
}

/// <summary>The numbers of the channels; on the wire, never reused. Each goes one way.</summary>
public static class LinkChannels
{
    /// <summary>The guest's memory and state, from the source.</summary>
    public const int Ram = 1;

    /// <summary>The hypervisor's answers, from the target.</summary>
    public const int ReturnPath = 2;

    /// <summary>From agent to agent, from the source.</summary>
    public const int ControlForward = 3;

    /// <summary>From agent to agent, from the target.</summary>
    public const int ControlBack = 4;

    /// <summary>One more than the highest.</summary>
    public const int Count = 5;

    private static readonly int[] Urgency = [ControlForward, ControlBack, ReturnPath, Ram];

    /// <summary>The order in which they are served: who speaks little goes first.</summary>
    public static ReadOnlySpan<int> ByUrgency => Urgency;

    /// <summary>Whether the number is one of a channel.</summary>
    public static bool IsKnown(int channel) => channel is >= Ram and < Count;

    /// <summary>Which side sends on it.</summary>
    public static LinkSide SenderOf(int channel) =>
        channel is Ram or ControlForward ? LinkSide.Source : LinkSide.Target;

    /// <summary>Bytes that may be on their way, or wait at the receiver.</summary>
    public static int WindowOf(int channel) =>
        channel == Ram ? Limits.Link.WindowBytes : Limits.Link.SmallWindowBytes;
}
