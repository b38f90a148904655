namespace Fabric.Protocol;

/// <summary>
/// A migration: the durable stage, which only journalled events change, and what was last seen of the two hosts, which
/// is asked for again after a restart.
/// </summary>
/// <param name="Stage">Each stage is a record that holds only what is legal in it.</param>
/// <param name="Sight">What was last seen.</param>
/// <param name="VmVersion">The version that the VM's stream must have for this migration to append to it (rule
/// 9).</param>
public sealed record MigrationState(MigrationStage Stage, Sight Sight, long VmVersion)
{
    /// <summary>An operator declared the source's host gone. Durable, so a restart does not forget it.</summary>
    public bool SourceGone { get; init; }

    /// <summary>The same of the target's host, after the commit.</summary>
    public bool TargetGone { get; init; }

    /// <summary>What the VM's disks were like at the source when the first attempt began. Durable.</summary>
    public IReadOnlyList<DiskFacts>? Disks { get; init; }

    /// <summary>What the link between the two sites has for it; null where there is none. Not in the journal.</summary>
    public LineSight? Line { get; init; }

    /// <summary>
    /// Since when an answer to a precheck can be missed: before, this coordinator was not there, or the link was held. Not in
    /// the journal.
    /// </summary>
    public DateTimeOffset? AskedSince { get; init; }

    /// <summary>The link's time-out as measured when the last attempt began; null where there was none. Durable.</summary>
    public int? LineTimeoutMs { get; init; }

    /// <summary>Before the first event.</summary>
    public static MigrationState Initial { get; } = new(new Unstarted(), Sight.None, 0);

    /// <summary>Where the recovery table is looked up.</summary>
    public (StageKind Stage, SourceView Source, TargetView Target) Cell => (Stage.Kind, Sight.Source, Sight.Target);
}

/// <summary>The durable stages; rows of the recovery table.</summary>
public enum StageKind
{
    Unstarted,
    PreMigration,
    Reservation,
    StorageSync,
    PreCopy,
    StopAndCopy,
    RollingBack,
    Commitment,
    Activation,
    Reversal,
    OnHold,
    ReleasingSource,
    DiscardingTarget,
    Over,
}

/// <summary>One durable stage.</summary>
public abstract record MigrationStage
{
    /// <summary>Its row in the recovery table.</summary>
    public abstract StageKind Kind { get; }
}

/// <summary>Nothing was asked yet.</summary>
public sealed record Unstarted : MigrationStage
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.Unstarted;
}

/// <summary>Any stage after the request.</summary>
/// <param name="Plan">What is to be done.</param>
/// <param name="StartedAt">When it was asked for; the deadline counts from here.</param>
/// <param name="Since">When this stage began.</param>
public abstract record Begun(MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since) : MigrationStage
{
    /// <summary>The attempt under way, or the last one; 0 before the first.</summary>
    public virtual int CurrentAttempt => 0;

    /// <summary>The epoch that orders are given under.</summary>
    public virtual long Epoch => Plan.Epoch;

    /// <summary>The stamp of an order given now.</summary>
    public Stamp Stamp => Plan.StampOf(CurrentAttempt, Epoch);
}

/// <summary>Stage 0: prechecks.</summary>
public sealed record InPreMigration(MigrationPlan Plan, DateTimeOffset StartedAt) : Begun(Plan, StartedAt, StartedAt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.PreMigration;
}

/// <summary>Any stage of an attempt.</summary>
public abstract record InAttempt(MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt)
    : Begun(Plan, StartedAt, Since)
{
    /// <inheritdoc/>
    public override int CurrentAttempt => Attempt;
}

/// <summary>Stage 1: the target reserves.</summary>
public sealed record InReservation(MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.Reservation;
}

/// <summary>Stage 2: disks.</summary>
public sealed record InStorageSync(MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.StorageSync;
}

/// <summary>Stage 3: rounds while the guest runs.</summary>
public sealed record InPreCopy(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt, int RoundsDone)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <summary>The number of the last decision that was noted.</summary>
    public int DecisionsDone { get; init; }

    /// <summary>The way to send was changed after this attempt had begun, so its source is to be told.</summary>
    public bool Adjusted { get; init; }

    /// <inheritdoc/>
    public override StageKind Kind => StageKind.PreCopy;
}

/// <summary>Stage 4: the guest is paused at the source; <c>Since</c> is when.</summary>
public sealed record InStopAndCopy(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt,
    DateTimeOffset? HandedOffAt, DateTimeOffset? LoadedAt, long? HypervisorDowntimeMs)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <summary>The source's share of the downtime.</summary>
    public HandOffTimes? HandOff { get; init; }

    /// <inheritdoc/>
    public override StageKind Kind => StageKind.StopAndCopy;
}

/// <summary>
/// The attempt is abandoned: the source is to run again, then the target's copy to be gone, or the reverse.
/// </summary>
public sealed record InRollback(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt, FailureReason Reason,
    string? Detail)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.RollingBack;
}

/// <summary>The times of a switchover, kept until the downtime can be told.</summary>
public sealed record SwitchoverTimes(
    DateTimeOffset PausedAt, DateTimeOffset HandedOffAt, DateTimeOffset LoadedAt, long? HypervisorMs)
{
    /// <summary>The source's share.</summary>
    public HandOffTimes? HandOff { get; init; }
}

/// <summary>Stage 5: the target owns the VM and waits for its grant.</summary>
public sealed record InCommitment(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt, long CommittedEpoch,
    SwitchoverTimes Times)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.Commitment;

    /// <inheritdoc/>
    public override long Epoch => CommittedEpoch;
}

/// <summary>Stage 6: the target runs; the source's copy is still there.</summary>
public sealed record InActivation(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt, long CommittedEpoch,
    Downtime Downtime)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.Activation;

    /// <inheritdoc/>
    public override long Epoch => CommittedEpoch;
}

/// <summary>Ownership went back to the source; its paused copy waits for a grant.</summary>
public sealed record InReversal(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt, long RevertedEpoch,
    FailureReason Reason, string? Detail) : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.Reversal;

    /// <inheritdoc/>
    public override long Epoch => RevertedEpoch;
}

/// <summary>Only an operator may decide now.</summary>
public sealed record OnHold(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt, long HeldEpoch,
    FailureReason Reason, string Detail) : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.OnHold;

    /// <summary>Where it was when its target's host was declared gone, and is again if that host comes back.</summary>
    public Begun? HeldFrom { get; init; }

    /// <inheritdoc/>
    public override long Epoch => HeldEpoch;
}

/// <summary>The outcome is known; the loser's copy is still to be cleared away, however long that takes.</summary>
public sealed record InCleanUp(
    MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt, long EndEpoch, Side Loser)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => Loser == Side.Source ? StageKind.ReleasingSource : StageKind.DiscardingTarget;

    /// <inheritdoc/>
    public override long Epoch => EndEpoch;
}

/// <summary>Nothing is left to do.</summary>
public sealed record Over(MigrationPlan Plan, DateTimeOffset StartedAt, DateTimeOffset Since, int Attempt)
    : InAttempt(Plan, StartedAt, Since, Attempt)
{
    /// <inheritdoc/>
    public override StageKind Kind => StageKind.Over;
}
