namespace Fabric.Protocol;

/// <summary>One branch for each <see cref="RecoveryAction"/>.</summary>
internal static class MigrationActions
{
    /// <param name="turn">The decision under way.</param>
    /// <param name="action">What the table says.</param>
    /// <param name="entered">The cell was just entered, or it is time to repeat: orders are sent.</param>
    /// <param name="again">It is time to repeat.</param>
    public static void Act(MigrationTurn turn, RecoveryAction action, bool entered, bool again)
    {
        if (PastDeadline(turn, action))
        {
            turn.Happen(new AttemptAbandoned(FailureReason.DeadlineExceeded, null, turn.Now));
            return;
        }

        var times = turn.Times;
        switch (action)
        {
            case RecoveryAction.Wait:
                Look(turn, again);
                break;
            case RecoveryAction.Ask:
                Look(turn, entered);
                break;
            case RecoveryAction.AskThenAbandon:
                if (turn.PassedSince(turn.Sight.TargetSince, times.HostReturnMs))
                    Abandon(turn, FailureReason.TargetUnreachable, $"{turn.Stage.Plan.Target} is away");
                else
                    Look(turn, entered);
                break;
            case RecoveryAction.WaitForSwitchover:
                if (turn.PassedSince(turn.Stage.Since, times.SwitchoverTimeoutMs))
                    Abandon(
                        turn, FailureReason.SwitchoverTimedOut,
                        $"source {turn.Sight.Source}, target {turn.Sight.Target}");
                else
                    Look(turn, again);
                break;
            case RecoveryAction.Precheck:
                Precheck(turn, entered);
                break;
            case RecoveryAction.PrepareTarget:
                Send(
                    turn, entered, Side.Target,
                    new PrepareTarget(turn.Stage.Stamp, turn.Stage.Plan.Spec, turn.Stage.Plan.Source)
                    {
                        Disks = turn.State.Disks,
                        Network = turn.Stage.Plan.Network,
                    });
                break;
            case RecoveryAction.EnterStorageSync:
                turn.Happen(new TargetReserved(turn.Sight.Offer!.Endpoint, turn.Now));
                break;
            case RecoveryAction.SyncDisks when turn.Stage.Plan.Spec.LocalDisks().Any():
                Sync(turn, entered);
                break;
            case RecoveryAction.SyncDisks:
                turn.Happen(new StorageReady(turn.Now));
                break;
            case RecoveryAction.EnterPreCopy:
                turn.Happen(new StorageReady(turn.Now) { Disks = turn.Sight.DisksCopied });
                break;
            case RecoveryAction.BeginTransfer:
                Begin(turn, entered);
                break;
            case RecoveryAction.EnterStopAndCopy:
                turn.Happen(new SourcePaused(turn.Sight.PausedAt ?? turn.Now));
                Send(turn, turn.Stage.Plan.Network is not null, Side.Target, new FlipNetwork(turn.Stage.Stamp));
                break;
            case RecoveryAction.Commit:
                Commit(turn);
                break;
            case RecoveryAction.AbandonForTarget:
                Abandon(turn, turn.Sight.TargetReason ?? FailureReason.TargetVmDied, turn.Sight.TargetDetail);
                break;
            case RecoveryAction.AbandonForSource:
                Abandon(turn, turn.Sight.SourceReason ?? FailureReason.SourceTransferFailed, turn.Sight.SourceDetail);
                break;
            case RecoveryAction.AbandonDeadSource:
                Abandon(turn, turn.Sight.SourceReason ?? FailureReason.SourceVmDied, turn.Sight.SourceDetail);
                break;
            case RecoveryAction.RollBackSource:
                Send(turn, entered, Side.Source, new RollBackSource(turn.Stage.Stamp));
                break;
            case RecoveryAction.DiscardTarget:
                Send(turn, entered, Side.Target, new DiscardTarget(turn.Stage.Stamp));
                break;
            case RecoveryAction.WaitThenDiscard:
                if (turn.PassedSince(turn.Sight.TargetSince, times.HostReturnMs))
                    Send(turn, true, Side.Target, new DiscardTarget(turn.Stage.Stamp));
                else
                    Look(turn, again);
                break;
            case RecoveryAction.FenceThenRollBack:
                if (turn.PassedSince(turn.Stage.Since, times.FenceWaitMs))
                    Send(turn, true, Side.Source, new RollBackSource(turn.Stage.Stamp));
                Look(turn, entered);
                break;
            case RecoveryAction.Settle:
                Settle(turn, mayRetry: turn.Sight.Source is SourceView.Failed or SourceView.Ready);
                break;
            case RecoveryAction.SettleWithoutTarget:
                if (!MayRetry(turn) || turn.PassedSince(turn.Sight.TargetSince, times.HostReturnMs))
                    Settle(turn, mayRetry: false);
                else
                    Look(turn, entered);
                break;
            case RecoveryAction.GrantTarget:
                Send(turn, entered, Side.Target, new Grant(turn.Stage.Stamp, Side.Target));
                break;
            case RecoveryAction.EnterActivation:
                turn.Happen(new Activated(turn.Sight.Activation, turn.Now) { CommitNoteMs = turn.Sight.CommitNoteMs });
                break;
            case RecoveryAction.RevertCommit:
                Revert(turn, FailureReason.TargetLostBeforeRun, turn.Sight.TargetDetail);
                break;
            case RecoveryAction.HoldForOperator:
                Hold(turn);
                break;
            case RecoveryAction.Complete:
                End(
                    turn, MigrationOutcome.Completed, null, running: true, null,
                    (turn.Stage as InActivation)?.Downtime);
                break;
            case RecoveryAction.GrantSource:
                Send(turn, entered, Side.Source, new Grant(turn.Stage.Stamp, Side.Source));
                break;
            case RecoveryAction.SettleReversal:
                var reversal = (InReversal)turn.Stage;
                End(turn, MigrationOutcome.RolledBack, reversal.Reason, running: true, reversal.Detail);
                break;
            case RecoveryAction.EndLost:
                End(turn, MigrationOutcome.Lost, FailureReason.SourceVmDied, running: false, "both copies are dead");
                break;
            case RecoveryAction.ReleaseSource:
                Send(turn, entered, Side.Source, new ReleaseSource(turn.Stage.Stamp));
                break;
            case RecoveryAction.FinishCleanUp:
                turn.Happen(new CleanedUp(((InCleanUp)turn.Stage).Loser, turn.Now));
                break;
            case RecoveryAction.Broken:
                turn.Happen(new HeldForOperator(
                    FailureReason.AssertionBroken,
                    $"stage {turn.Stage.Kind}, source {turn.Sight.Source}, target {turn.Sight.Target}", turn.Now));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action), action, "not an action of the recovery table");
        }
    }

    /// <summary>Ends the migration and unlocks its VM in one transaction.</summary>
    public static void End(
        MigrationTurn turn, MigrationOutcome outcome, FailureReason? reason, bool running, string? detail,
        Downtime? downtime = null)
    {
        var plan = turn.Stage.Plan;
        var keeper = outcome switch
        {
            MigrationOutcome.Completed => Keeper.Target,
            MigrationOutcome.Lost => Keeper.Nobody,
            MigrationOutcome.Refused or MigrationOutcome.RolledBack => running ? Keeper.Source : Keeper.Nobody,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "not an outcome"),
        };
        turn.Happen(new MigrationEnded(outcome, reason, keeper, detail, downtime, turn.Now));
        turn.HappenToVm(new VmUnlocked(plan.Id, outcome, running, turn.Now, running ? null : reason));
    }

    /// <summary>Gives ownership back to the source under a higher epoch.</summary>
    public static void Revert(MigrationTurn turn, FailureReason reason, string? detail)
    {
        var plan = turn.Stage.Plan;
        var epoch = turn.Stage.Epoch + 1;
        turn.Happen(new CommitReverted(plan.Source, epoch, reason, detail, turn.Now));
        turn.HappenToVm(new OwnershipMoved(plan.Id, plan.Source, epoch, turn.Now));
    }

    /// <summary>The point of no return: one transaction over the migration's stream and the VM's.</summary>
    public static void Commit(MigrationTurn turn)
    {
        var plan = turn.Stage.Plan;
        var dead = turn.Sight.Source is SourceView.Dead or SourceView.DiedRunning;
        turn.Happen(new SourceHandedOff(
            dead, turn.Sight.HypervisorDowntimeMs, turn.Sight.SourceSince, turn.Sight.WireBytes)
        {
            Times = turn.Sight.HandOff,
        });
        turn.Happen(new TargetLoaded(turn.Sight.TargetSince));
        var epoch = turn.Stage.Epoch + 1;
        turn.Happen(new Committed(plan.Target, epoch, turn.Now));
        turn.HappenToVm(new OwnershipMoved(plan.Id, plan.Target, epoch, turn.Now));
    }

    private static void Hold(MigrationTurn turn)
    {
        if (turn.Sight.Source == SourceView.DiedRunning && turn.Sight.Target == TargetView.Loaded)
        {
            turn.Happen(new HeldForOperator(
                FailureReason.SourceLostInDoubt, turn.Sight.SourceDetail ?? "the source died and may have run on",
                turn.Now));
            return;
        }

        turn.Happen(new HeldForOperator(
            FailureReason.TargetLostAfterGrant, turn.Sight.TargetDetail ?? "the target died after its grant",
            turn.Now));
    }

    private static bool PastDeadline(MigrationTurn turn, RecoveryAction action) =>
        turn.Stage is InReservation or InStorageSync or InPreCopy or InStopAndCopy
        && action is not (RecoveryAction.Commit or RecoveryAction.HoldForOperator or RecoveryAction.Broken)
        && turn.PassedSince(turn.Stage.StartedAt, turn.Stage.Plan.Policy.DeadlineMs);

    private static void Precheck(MigrationTurn turn, bool entered)
    {
        var plan = turn.Stage.Plan;
        var isChecked = turn.Sight is { SourceChecked: true, TargetChecked: true };
        if (turn.State.Line is { } line && (line.Held || (isChecked && !line.Admitted)))
        {
            // Over a link that is down nobody can be asked in vain: it would only be refused.
            if (turn.PassedSince(turn.Stage.StartedAt, plan.Policy.DeadlineMs))
            {
                End(
                    turn, MigrationOutcome.Refused, FailureReason.DeadlineExceeded, running: true,
                    line.Held ? $"the link {line.Link} was {line.State} until then" : $"it had no place on the link {line.Link} by then");
            }

            return;
        }

        if (isChecked)
        {
            turn.Happen(Started(turn, 1) with { Disks = turn.Sight.DisksFound });
            return;
        }

        var since = turn.State.AskedSince is { } asked && asked > turn.Stage.Since ? asked : turn.Stage.Since;
        if (turn.PassedSince(since, turn.Times.HostReturnMs))
        {
            var silent = turn.Sight.SourceChecked ? plan.Target : plan.Source;
            End(
                turn, MigrationOutcome.Refused, FailureReason.PrecheckTimedOut, running: true,
                $"{silent} did not answer");
            return;
        }

        if (!turn.Sight.SourceChecked)
            Send(turn, entered, Side.Source, Prechecked(turn, Side.Source));
        if (!turn.Sight.TargetChecked && plan.Spec.Disks.Count == 0)
            Send(turn, entered, Side.Target, Prechecked(turn, Side.Target));
        else if (entered)
            PrecheckDisks(turn);
    }

    /// <summary>What the target must have room for, the source says first.</summary>
    public static void PrecheckDisks(MigrationTurn turn)
    {
        var spec = turn.Stage.Plan.Spec;
        if (turn.Sight is { SourceChecked: true, TargetChecked: false } && spec.Disks.Count > 0)
            turn.Order(Side.Target, Prechecked(turn, Side.Target) with { Disks = turn.Sight.DisksFound });
    }

    private static Precheck Prechecked(MigrationTurn turn, Side side) =>
        new(turn.Stage.Stamp, side, turn.Stage.Plan.Spec) { Network = turn.Stage.Plan.Network };

    private static void Sync(MigrationTurn turn, bool entered)
    {
        var plan = turn.Stage.Plan;
        var offer = turn.Sight.Offer!;
        Send(turn, entered, Side.Source, new SyncDisks(
            turn.Stage.Stamp, plan.Target, offer.Endpoint, offer.Disks ?? [], plan.Policy.Transfer)
        {
            DeadlineInMs = LeftMs(turn),
            LineShare = ShareOf(turn),
        });
    }

    private static long LeftMs(MigrationTurn turn) => Math.Max(
        0,
        turn.Stage.Plan.Policy.DeadlineMs - (long)(turn.Now - turn.Stage.StartedAt).TotalMilliseconds);

    private static void Begin(MigrationTurn turn, bool entered)
    {
        var plan = turn.Stage.Plan;
        var offer = turn.Sight.Offer!;
        Send(turn, entered, Side.Source, new BeginTransfer(
            turn.Stage.Stamp, plan.Target, offer.Endpoint, offer.Ticket, plan.Policy.Transfer)
        {
            DeadlineInMs = LeftMs(turn),
            LineShare = ShareOf(turn),
            Network = plan.Network,
        });
    }

    /// <summary>How it is to be sent now.</summary>
    public static AdjustTransfer Adjusted(MigrationTurn turn) =>
        new(turn.Stage.Stamp, turn.Stage.Plan.Policy.Transfer) { LineShare = ShareOf(turn) };

    /// <summary>A coordinator that has only just begun knows of none, and the source keeps what it was told.</summary>
    private static long? ShareOf(MigrationTurn turn) => turn.State.Line is { Admitted: true } line ? line.Share : null;

    private static void Abandon(MigrationTurn turn, FailureReason reason, string? detail)
    {
        if (turn.Stage is InRollback)
            return;
        turn.Happen(new AttemptAbandoned(reason, detail, turn.Now));
    }

    private static bool MayRetry(MigrationTurn turn) =>
        turn.Stage is InRollback rollback
        && Failures.IsRetryable(rollback.Reason)
        && rollback.Attempt < rollback.Plan.Policy.AttemptsMax
        && !turn.PassedSince(rollback.StartedAt, rollback.Plan.Policy.DeadlineMs);

    private static long BackOffMs(InRollback rollback) =>
        rollback.Plan.Policy.AttemptBackOffMs << Math.Min(rollback.Attempt - 1, Limits.Migration.BackOffDoublingsMax);

    private static AttemptStarted Started(MigrationTurn turn, int attempt) =>
        new(attempt, turn.Now) { LineTimeoutMs = turn.State.Line?.TimeoutMs };

    private static void Settle(MigrationTurn turn, bool mayRetry)
    {
        var rollback = (InRollback)turn.Stage;
        var alive = turn.Sight.Source is SourceView.Failed or SourceView.Ready;
        if (mayRetry && MayRetry(turn)
            && (turn.State.Line is { Held: true } || !turn.PassedSince(rollback.Since, BackOffMs(rollback))))
            return;
        if (alive)
            turn.Happen(new RolledBack(rollback.Attempt, turn.Now));
        if (mayRetry && MayRetry(turn))
            turn.Happen(Started(turn, rollback.Attempt + 1));
        else if (alive)
            End(turn, MigrationOutcome.RolledBack, rollback.Reason, running: true, rollback.Detail);
        else
            End(
                turn, MigrationOutcome.Lost, turn.Sight.SourceReason ?? FailureReason.SourceVmDied, running: false,
                turn.Sight.SourceDetail);
    }

    /// <summary>Asks both ends: a report may have been lost, whatever was seen last.</summary>
    private static void Look(MigrationTurn turn, bool due)
    {
        Send(turn, due, Side.Source, new Observe(turn.Stage.Stamp, Side.Source));
        if (turn.Stage is InPreCopy { Adjusted: true }
            || (turn.Stage is InPreCopy or InStorageSync && ShareOf(turn) is not null))
            Send(turn, due, Side.Source, Adjusted(turn));
        Send(turn, due, Side.Target, new Observe(turn.Stage.Stamp, Side.Target));
    }

    private static void Send(MigrationTurn turn, bool due, Side side, Order order)
    {
        if (due)
            turn.Order(side, order);
    }
}
