using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>Kinds of refusal, as a caller must treat them. Closed.</summary>
public enum FabricFault
{
    /// <summary>There is no such thing.</summary>
    NotFound = 1,

    /// <summary>Not in its present state; nothing was changed.</summary>
    Conflict,

    /// <summary>The request itself is wrong; nothing was changed.</summary>
    Invalid,

    /// <summary>Not now; certainly nothing was changed, so it can be asked again.</summary>
    Unavailable,

    /// <summary>It may have been done or not, or may still be: look before asking again.</summary>
    Unknown,
}

/// <summary>A request that was not taken, or of which nobody knows: why, and what to do.</summary>
public sealed class FabricException(
    FabricFault fault, FailureReason? reason, string detail, string? advice = null, Exception? cause = null)
    : Exception(detail, cause)
{
    /// <summary>How to treat it.</summary>
    public FabricFault Fault { get; } = fault;

    /// <summary>Why, when it is one of the closed list.</summary>
    public FailureReason? Reason { get; } = reason;

    /// <summary>What to do, in one sentence.</summary>
    public string? Advice { get; } = advice ?? (reason is { } r ? Failures.AdviceFor(r) : null);
}
