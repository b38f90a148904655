namespace Fabric.Protocol;

/// <summary>What was decided about a transfer under way. Closed; numbers are never reused.</summary>
public enum DecisionKind
{
    /// <summary>The rate is another; the value is bytes a second, 0 unlimited.</summary>
    Rate = 1,

    /// <summary>The guest may be stopped; the value is the downtime limit in milliseconds.</summary>
    SwitchOver,

    /// <summary>The guest is slowed; the value is percent of its time.</summary>
    Throttle,

    /// <summary>A longer downtime is allowed; the value is the limit in milliseconds.</summary>
    RaiseDowntime,

    /// <summary>The rest is fetched after the switchover.</summary>
    PostCopy,

    /// <summary>The attempt is given up.</summary>
    GiveUp,

    /// <summary>Nothing is left to be done: it ends when the deadline nears, unless it converges or is changed.</summary>
    AwaitDeadline,
}

/// <summary>A decision with its reason, as it is told, journalled and shown.</summary>
/// <param name="Number">Counts the decisions of an attempt, from 1.</param>
/// <param name="Kind">What.</param>
/// <param name="Value">How much; 0 where there is nothing to say.</param>
/// <param name="Why">In words.</param>
public sealed record TransferDecision(int Number, DecisionKind Kind, long Value, string Why);
