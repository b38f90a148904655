using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Actors.Agent;

/// <summary>What an end of a link or a relay means to a migration.</summary>
internal static class TransferReasons
{
    public static FailureReason Of(RelayOutcome outcome) => outcome.End switch
    {
        RelayEnd.Completed or RelayEnd.LinkLost or RelayEnd.Stalled => FailureReason.DataLinkLost,
        RelayEnd.SourceClosed => FailureReason.SourceTransferFailed,
        RelayEnd.TargetClosed => FailureReason.TargetVmDied,
        RelayEnd.Aborted =>
            outcome.Reason == AbortReason.Cancelled ? FailureReason.Cancelled : FailureReason.DataLinkLost,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome.End, "not an end of a relay"),
    };

    public static FailureReason Of(LinkException exception) => exception.Fault switch
    {
        LinkFault.Unreachable or LinkFault.TimedOut or LinkFault.NotTrusted or LinkFault.Refused or LinkFault.Revoked
            or LinkFault.Cut or LinkFault.BadFrame or LinkFault.Aborted => FailureReason.DataLinkLost,
        _ => throw new ArgumentOutOfRangeException(nameof(exception), exception.Fault, "not a fault of a link"),
    };
}
