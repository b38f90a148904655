using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>
/// What an agent tells the coordinator: always the state as it is now, so that a lost, repeated or late report does no
/// harm. The set is closed.
/// </summary>
[JsonPolymorphic(
    TypeDiscriminatorPropertyName = "report",
    UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(LifeReport), "life")]
[JsonDerivedType(typeof(DirtyingReport), "dirtying")]
[JsonDerivedType(typeof(PrecheckReport), "precheck")]
[JsonDerivedType(typeof(SourceReport), "source")]
[JsonDerivedType(typeof(TargetReport), "target")]
[JsonDerivedType(typeof(RoundReport), "round")]
[JsonDerivedType(typeof(DecisionReport), "decision")]
[JsonDerivedType(typeof(ProgressReport), "progress")]
[JsonDerivedType(typeof(OrderRefused), "refused")]
public abstract record Report(Stamp Stamp);

/// <summary>How the VM lives here.</summary>
public sealed record LifeReport(Stamp Stamp, LifeView View, FailureReason? Reason, string? Detail) : Report(Stamp);

/// <summary>What the guest wrote in an interval.</summary>
/// <param name="Stamp">Whose life.</param>
/// <param name="IntervalMs">How long it was watched.</param>
/// <param name="Pages">Different pages that it wrote; null when it could not be measured.</param>
/// <param name="Problem">Why not.</param>
public sealed record DirtyingReport(Stamp Stamp, int IntervalMs, long? Pages, string? Problem) : Report(Stamp);

/// <summary>What stands in the way of a migration here; nothing when the list is empty.</summary>
public sealed record PrecheckReport(Stamp Stamp, Side Side, IReadOnlyList<Obstacle> Obstacles) : Report(Stamp)
{
    /// <summary>What the disks are like, from a source that has some.</summary>
    public IReadOnlyList<DiskFacts>? Disks { get; init; }
}

/// <summary>One thing in the way.</summary>
public sealed record Obstacle(FailureReason Reason, string Detail);

/// <summary>Where the attempt stands at the source.</summary>
/// <param name="Stamp">Which attempt.</param>
/// <param name="View">The state.</param>
/// <param name="Reason">Why the attempt is over, when it is.</param>
/// <param name="Detail">In words.</param>
/// <param name="Progress">Numbers, when there are any.</param>
/// <param name="PausedForMs">How long the guest has stood paused for this attempt, by the host's own clock; null when
/// it does not, or its agent was not there to see it stop. For the downtime only: nothing is decided by it.</param>
public sealed record SourceReport(
    Stamp Stamp, SourceView View, FailureReason? Reason = null, string? Detail = null,
    TransferProgress? Progress = null, long? PausedForMs = null)
    : Report(Stamp)
{
    /// <summary>Its share of the downtime, once it has handed off.</summary>
    public HandOffTimes? HandOff { get; init; }
}

/// <summary>Where the attempt stands at the target.</summary>
/// <param name="Stamp">Which attempt.</param>
/// <param name="View">The state.</param>
/// <param name="Offer">Where to send and with which ticket, while it is prepared.</param>
/// <param name="Reason">Why the attempt is over, when it is.</param>
/// <param name="Detail">In words.</param>
/// <param name="Activation">How long noting the grant and starting the vCPUs took, once it runs.</param>
public sealed record TargetReport(
    Stamp Stamp,
    TargetView View,
    TransferOffer? Offer = null,
    FailureReason? Reason = null,
    string? Detail = null,
    ActivationTimes? Activation = null) : Report(Stamp);

/// <summary>Where a prepared target takes the bytes.</summary>
public sealed record TransferOffer(DataEndpoint Endpoint, string Ticket)
{
    /// <summary>The images that local disks are to be copied into.</summary>
    public IReadOnlyList<DiskOffer>? Disks { get; init; }

    /// <summary>The ticket is a secret and never printed.</summary>
    public override string ToString() => $"offer at {Endpoint}";
}

/// <summary>The source's share of the downtime, as stretches by its host's own clock.</summary>
/// <param name="LastBytesMs">
/// From when nothing of the disks was left to copy until the hypervisor had sent its last bytes and let go of its disks.
/// </param>
public sealed record HandOffTimes(double LastBytesMs)
{
    /// <summary>From the pause until the rest of its local disks was flushed at the target; null without any.</summary>
    public double? DisksMs { get; init; }

    /// <summary>Writing the hand-over to the ledger; null when it was written by an agent that is gone.</summary>
    public double? NoteMs { get; init; }
}

/// <summary>The target's share of the downtime.</summary>
/// <param name="NoteMs">Writing the grant to the ledger.</param>
/// <param name="RunMs">Starting the vCPUs.</param>
public sealed record ActivationTimes(double NoteMs, double RunMs)
{
    /// <summary>Turning the VM's network here, before its vCPUs were started; null where it has none.</summary>
    public double? NetworkMs { get; init; }

    /// <summary>What went wrong with that, and is tried again; the VM runs.</summary>
    public string? NetworkAlarm { get; init; }
}

/// <summary>A pre-copy round ended.</summary>
public sealed record RoundReport(Stamp Stamp, Round Round) : Report(Stamp);

/// <summary>Something was decided about the transfer.</summary>
public sealed record DecisionReport(Stamp Stamp, TransferDecision Decision) : Report(Stamp);

/// <summary>Where the transfer stands, several times a second, for display only.</summary>
public sealed record ProgressReport(Stamp Stamp, TransferProgress Progress) : Report(Stamp);

/// <summary>An order was not obeyed and nothing was changed.</summary>
/// <param name="Stamp">The order's own stamp.</param>
/// <param name="Side">Which end the order spoke to; null for the VM's own life.</param>
/// <param name="Refusal">Why.</param>
/// <param name="EpochSeen">The highest epoch in the ledger.</param>
/// <param name="Detail">In words.</param>
public sealed record OrderRefused(Stamp Stamp, Side? Side, Refusal Refusal, long EpochSeen, string Detail)
    : Report(Stamp);

/// <summary>Why an agent refuses an order. Closed.</summary>
public enum Refusal
{
    /// <summary>The ledger has seen a higher epoch: the sender's journal is behind.</summary>
    StaleEpoch = 1,

    /// <summary>The ledger has seen a later migration or attempt under this epoch.</summary>
    StaleAttempt,

    /// <summary>The copy here is not in a state in which this can be done.</summary>
    WrongState,
}
