namespace Fabric.Protocol;

/// <summary>
/// What happened in a migration. Those that are not <see cref="SightEvent"/>s are in the journal, one a line.
/// </summary>
public abstract record MigrationEvent;

/// <summary>Stage 0 begins.</summary>
public sealed record MigrationRequested(MigrationPlan Plan, DateTimeOffset At) : MigrationEvent;

/// <summary>Stage 1 begins, for the first or a further attempt.</summary>
public sealed record AttemptStarted(int Attempt, DateTimeOffset At) : MigrationEvent
{
    /// <summary>What the disks are like at the source; with the first attempt of a VM that has some.</summary>
    public IReadOnlyList<DiskFacts>? Disks { get; init; }

    /// <summary>
    /// The time-out of the link between the sites as it was measured then, milliseconds: the attempt's own times are not
    /// shorter than it asks for. Null in one site.
    /// </summary>
    public int? LineTimeoutMs { get; init; }
}

/// <summary>The target holds memory, port and a stopped hypervisor; stage 2 begins.</summary>
public sealed record TargetReserved(DataEndpoint Endpoint, DateTimeOffset At) : MigrationEvent;

/// <summary>All disks are in place; stage 3 begins.</summary>
public sealed record StorageReady(DateTimeOffset At) : MigrationEvent
{
    /// <summary>How far the copies of local disks were; null without any.</summary>
    public IReadOnlyList<DiskProgress>? Disks { get; init; }
}

/// <summary>A pre-copy round ended.</summary>
public sealed record RoundCompleted(int Attempt, Round Round, DateTimeOffset At) : MigrationEvent;

/// <summary>Something was decided about the transfer at its source.</summary>
public sealed record DecisionTaken(int Attempt, TransferDecision Decision, DateTimeOffset At) : MigrationEvent;

/// <summary>An operator asked for another way to send; it holds from here on, for further attempts too.</summary>
public sealed record TransferPolicyChanged(TransferPolicy Policy, DateTimeOffset At) : MigrationEvent;

/// <summary>The source is paused; stage 4 begins.</summary>
public sealed record SourcePaused(DateTimeOffset At) : MigrationEvent;

/// <summary>The source can never run by itself again: paused for good, or known dead.</summary>
/// <param name="Dead">It is dead.</param>
/// <param name="HypervisorDowntimeMs">What its hypervisor calls downtime.</param>
/// <param name="At">When that was first seen.</param>
/// <param name="WireBytes">Bytes of the attempt on the data link, both ways; not in journals written before it was
/// noted.</param>
public sealed record SourceHandedOff(
    bool Dead, long? HypervisorDowntimeMs, DateTimeOffset At, long? WireBytes = null) : MigrationEvent
{
    /// <summary>The source's share of the downtime; null when it is not known.</summary>
    public HandOffTimes? Times { get; init; }
}

/// <summary>The target holds all of the guest.</summary>
public sealed record TargetLoaded(DateTimeOffset At) : MigrationEvent;

/// <summary>Stage 5, the point of no return: the target owns the VM from here.</summary>
public sealed record Committed(HostId Owner, long Epoch, DateTimeOffset At) : MigrationEvent;

/// <summary>Stage 6: the target runs.</summary>
public sealed record Activated(ActivationTimes? Times, DateTimeOffset At) : MigrationEvent
{
    /// <summary>Writing the commit to the journal; null when another process wrote it.</summary>
    public double? CommitNoteMs { get; init; }
}

/// <summary>The attempt will never be committed, unless its source is found dead and its target complete.</summary>
public sealed record AttemptAbandoned(FailureReason Reason, string? Detail, DateTimeOffset At) : MigrationEvent;

/// <summary>The guest runs at the source again; nothing of the attempt is left where it could be looked at.</summary>
public sealed record RolledBack(int Attempt, DateTimeOffset At) : MigrationEvent;

/// <summary>The target never ran and never will: ownership goes back to the source under a higher epoch.</summary>
public sealed record CommitReverted(HostId Owner, long Epoch, FailureReason Reason, string? Detail, DateTimeOffset At)
    : MigrationEvent;

/// <summary>Nothing more may be decided without an operator; nothing is running that was not.</summary>
public sealed record HeldForOperator(FailureReason Reason, string Detail, DateTimeOffset At) : MigrationEvent;

/// <summary>
/// An operator says that the source's host is gone for good and runs nothing any more. Nobody has seen it: who said so
/// is noted, and it counts as a guest that ran until then.
/// </summary>
public sealed record SourceDeclaredGone(string By, DateTimeOffset At) : MigrationEvent;

/// <summary>The source's host, which was declared gone, is there again before anything was decided from that.</summary>
public sealed record SourceCameBack(DateTimeOffset At) : MigrationEvent;

/// <summary>The same of the target's host, after the commit: it counts as a guest that may have run until then.</summary>
public sealed record TargetDeclaredGone(string By, DateTimeOffset At) : MigrationEvent;

/// <summary>The target's host, which was declared gone, is there again before anybody decided from that.</summary>
public sealed record TargetCameBack(DateTimeOffset At) : MigrationEvent;

/// <summary>The migration's outcome, true when it is written.</summary>
public sealed record MigrationEnded(
    MigrationOutcome Outcome, FailureReason? Reason, Keeper Keeper, string? Detail, Downtime? Downtime,
    DateTimeOffset At)
    : MigrationEvent;

/// <summary>The loser's copy is gone; the last event.</summary>
public sealed record CleanedUp(Side Side, DateTimeOffset At) : MigrationEvent;

/// <summary>How a migration ends. Closed; numbers are never reused.</summary>
public enum MigrationOutcome
{
    /// <summary>Something stood in the way; nothing was touched.</summary>
    Refused = 1,

    /// <summary>The guest runs at the target.</summary>
    Completed,

    /// <summary>The guest runs at the source.</summary>
    RolledBack,

    /// <summary>The guest's only copy ended by itself.</summary>
    Lost,
}

/// <summary>
/// Where the downtime went, in milliseconds: stretches between what the coordinator heard, by its own clock, and within
/// them what each host measured by its own. Times of two clocks are never compared.
/// </summary>
/// <param name="TotalMs">From the source's pause to the target's run, as reported.</param>
/// <param name="LastPagesMs">From the pause until the source had handed off.</param>
/// <param name="LoadMs">From then until the target was loaded; 0 when it was first.</param>
/// <param name="CommitMs">The commit, and the orders' way there and back.</param>
/// <param name="GrantMs">Noting the grant at the target.</param>
/// <param name="RunMs">Starting the vCPUs.</param>
/// <param name="HypervisorMs">What the source's hypervisor itself calls downtime.</param>
public sealed record Downtime(
    double TotalMs, double LastPagesMs, double LoadMs, double CommitMs, double GrantMs, double RunMs,
    long? HypervisorMs)
{
    /// <summary>Of the last pages, by the source: until the rest of its local disks was flushed at the target.</summary>
    public double? DisksMs { get; init; }

    /// <summary>Of the last pages, by the source: the hypervisor's last bytes, after which its disks are let go of.</summary>
    public double? LastBytesMs { get; init; }

    /// <summary>Of the last pages, by the source: noting the hand-over in its ledger.</summary>
    public double? HandOffNoteMs { get; init; }

    /// <summary>Of the commit: writing it to the journal; the rest is the orders' way.</summary>
    public double? CommitNoteMs { get; init; }

    /// <summary>Turning the VM's network at the target; null where it has none.</summary>
    public double? NetworkMs { get; init; }

    /// <summary>
    /// After the downtime: from the target's run until the source was known to have let its copy go. Never in the journal,
    /// where the end is written first; null until it is so.
    /// </summary>
    public double? ReleaseMs { get; init; }
}

/// <summary>What was seen of the hosts: kept in memory only, and asked for again after a restart.</summary>
public abstract record SightEvent : MigrationEvent;

/// <summary>Nothing is known of either host from here on: this process has only just read the journal.</summary>
public sealed record SightLost(DateTimeOffset At) : SightEvent;

/// <summary>The source's view changed.</summary>
public sealed record SourceSighted(
    SourceView View, FailureReason? Reason, string? Detail, long? HypervisorDowntimeMs, DateTimeOffset At,
    long? WireBytes = null, long? PausedForMs = null) : SightEvent
{
    /// <summary>How far the copies of local disks are.</summary>
    public IReadOnlyList<DiskProgress>? Disks { get; init; }

    /// <summary>Its share of the downtime.</summary>
    public HandOffTimes? HandOff { get; init; }
}

/// <summary>How long the commit took to be written.</summary>
public sealed record CommitTimed(double Ms) : SightEvent;

/// <summary>The target's view changed.</summary>
public sealed record TargetSighted(
    TargetView View, TransferOffer? Offer, FailureReason? Reason, string? Detail, ActivationTimes? Activation,
    DateTimeOffset At)
    : SightEvent;

/// <summary>A host found nothing in the way.</summary>
public sealed record PrecheckPassed(Side Side) : SightEvent
{
    /// <summary>What the disks are like at the source.</summary>
    public IReadOnlyList<DiskFacts>? Disks { get; init; }
}

/// <summary>What the link between the sites has for it.</summary>
public sealed record LineSighted(LineSight Line, DateTimeOffset At) : SightEvent;
