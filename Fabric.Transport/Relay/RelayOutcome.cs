using Fabric.Transport.Wire;

namespace Fabric.Transport.Relay;

/// <summary>How a relay ended; a closed list.</summary>
public enum RelayEnd
{
    /// <summary>
    /// Both directions ended with an end of stream and every byte was delivered. Whether the guest arrived is for the
    /// hypervisors to say: a source that was killed closes its socket as a finished one does.
    /// </summary>
    Completed = 1,

    /// <summary>The link was cut.</summary>
    LinkLost,

    /// <summary>The source's QEMU broke its connection, or closed it without having sent a byte.</summary>
    SourceClosed,

    /// <summary>The target's QEMU broke its connection, or took none.</summary>
    TargetClosed,

    /// <summary>One of the agents ended it; the reason says why.</summary>
    Aborted,

    /// <summary>Bytes did not move for <see cref="Protocol.Limits.Relay.StallMs"/>.</summary>
    Stalled,
}

/// <summary>The end of a relay.</summary>
/// <param name="End">How.</param>
/// <param name="Reason">Why, when <see cref="RelayEnd.Aborted"/>.</param>
/// <param name="Detail">In words, without secrets.</param>
public sealed record RelayOutcome(RelayEnd End, AbortReason? Reason, string Detail)
{
    internal static RelayOutcome Completed { get; } = new(RelayEnd.Completed, Reason: null, "both directions ended");

    /// <summary>What a reason for an abort means, from here or from the peer.</summary>
    internal static RelayOutcome Of(AbortReason reason, string detail) => reason switch
    {
        AbortReason.SourceClosed => new RelayOutcome(RelayEnd.SourceClosed, Reason: null, detail),
        AbortReason.TargetClosed => new RelayOutcome(RelayEnd.TargetClosed, Reason: null, detail),
        AbortReason.Stalled => new RelayOutcome(RelayEnd.Stalled, Reason: null, detail),
        _ => new RelayOutcome(RelayEnd.Aborted, reason, detail),
    };
}

/// <summary>Guest bytes that a relay has moved: taken from one side and given to the other.</summary>
/// <param name="Forward">From source to target.</param>
/// <param name="Return">From target to source.</param>
/// <param name="Wire">Both ways on the link, frame heads included.</param>
public readonly record struct RelayTraffic(long Forward, long Return, long Wire);
