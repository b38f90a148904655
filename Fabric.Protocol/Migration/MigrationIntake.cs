namespace Fabric.Protocol;

/// <summary>What an input says, before anything is done about it.</summary>
internal static class MigrationIntake
{
    public static void TakeIn(MigrationTurn turn, MigrationInput input)
    {
        switch (input)
        {
            case Resumed:
                turn.Happen(new SightLost(turn.Now));
                break;
            case HostFound(Side.Source) when MayComeBack(turn):
                turn.Happen(new SourceCameBack(turn.Now));
                break;
            case HostFound(Side.Target) when TargetMayComeBack(turn):
                turn.Happen(new TargetCameBack(turn.Now));
                break;
            case Woken or HostFound:
                break;
            case HostLost(Side.Source):
                turn.Happen(new SourceSighted(SourceView.Unknown, null, null, null, turn.Now));
                break;
            case HostLost(Side.Target):
                turn.Happen(new TargetSighted(TargetView.Unknown, null, null, null, null, turn.Now));
                break;
            case HostLost lost:
                throw new ArgumentOutOfRangeException(nameof(input), lost.Side, "not a side");
            case Reported { Host: var host, Report: var report }:
                if (Concerns(turn.Stage, report.Stamp) && MaySay(turn.Stage.Plan, host, report))
                    TakeReport(turn, report);
                break;
            case CommitNoted(var ms):
                turn.Happen(new CommitTimed(ms));
                break;
            case LineSeen(var line):
                SeeLine(turn, line);
                break;
            case CancelRequested:
                Cancel(turn);
                break;
            case TransferAsked asked:
                Adjust(turn, asked.Change);
                break;
            case RecoverRequested:
                Recover(turn);
                break;
            case HostGoneDeclared(Side.Source, var by):
                DeclareSourceGone(turn, by);
                break;
            case HostGoneDeclared(Side.Target, var by):
                DeclareTargetGone(turn, by);
                break;
            case HostGoneDeclared declared:
                throw new ArgumentOutOfRangeException(nameof(input), declared.Side, "not a side");
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "not an input of a migration");
        }
    }

    /// <summary>A report of another migration or attempt is history and says nothing about this one.</summary>
    private static bool Concerns(Begun stage, Stamp stamp) =>
        stamp.Migration == stage.Plan.Id && stamp.Term == stage.Plan.Term && stamp.Attempt == stage.CurrentAttempt;

    /// <summary>A host speaks for its own end only, whatever it was to an earlier migration of the VM.</summary>
    private static bool MaySay(MigrationPlan plan, HostId host, Report report) => report switch
    {
        SourceReport or RoundReport or DecisionReport or ProgressReport => host == plan.Source,
        TargetReport => host == plan.Target,
        PrecheckReport r => host == plan.HostAt(r.Side),
        OrderRefused { Side: { } side } => host == plan.HostAt(side),
        OrderRefused or LifeReport or DirtyingReport => false,
        _ => throw new ArgumentOutOfRangeException(nameof(report), report, "not a report"),
    };

    /// <summary>
    /// What was said before ownership moved, and is refuted by its having moved: the commit proves that the source had
    /// handed off and the target was loaded, the reversal that the target is gone. After a restart nothing newer that was
    /// seen would tell it apart. What is said under the present epoch is heard, whatever it is.
    /// </summary>
    private static bool IsOfBefore(Begun stage, Report report) => report.Stamp.Epoch < stage.Epoch && (stage, report) switch
    {
        (InCommitment or InActivation, SourceReport r) => r.View < SourceView.HandedOff,
        (InCommitment or InActivation, TargetReport r) => r.View < TargetView.Loaded,
        (InReversal, SourceReport r) => r.View < SourceView.HandedOff,
        (InReversal, TargetReport r) => r.View < TargetView.Gone,
        _ => false,
    };

    private static void TakeReport(MigrationTurn turn, Report report)
    {
        // A host that was declared gone and reports is not gone; that it is there again may have been said to nobody.
        if (report is SourceReport && MayComeBack(turn))
            turn.Happen(new SourceCameBack(turn.Now));
        if (report is TargetReport && TargetMayComeBack(turn))
            turn.Happen(new TargetCameBack(turn.Now));
        switch (report)
        {
            case SourceReport r when r.View < turn.Sight.Source:
            case TargetReport t when t.View < turn.Sight.Target && t.View != TargetView.Gone:
                // Late: it was overtaken by a newer one.
                break;
            case SourceReport or TargetReport when IsOfBefore(turn.Stage, report):
                break;
            case SourceReport r:
                turn.Happen(new SourceSighted(r.View, r.Reason, r.Detail, r.Progress?.HypervisorDowntimeMs, turn.Now,
                    r.Progress is { WireBytes: > 0 } progress ? progress.WireBytes : null, r.PausedForMs)
                {
                    Disks = r.Progress?.Disks,
                    HandOff = r.HandOff,
                });
                break;
            case TargetReport r:
                turn.Happen(new TargetSighted(r.View, r.Offer, r.Reason, r.Detail, r.Activation, turn.Now));
                break;
            case RoundReport r when turn.Stage is InPreCopy stage && r.Round.Number > stage.RoundsDone:
                turn.Happen(new RoundCompleted(stage.Attempt, r.Round, turn.Now));
                break;
            case DecisionReport r when turn.Stage is InPreCopy stage && r.Decision.Number > stage.DecisionsDone:
                turn.Happen(new DecisionTaken(stage.Attempt, r.Decision, turn.Now));
                break;
            case PrecheckReport r when turn.Stage is InPreMigration && r.Obstacles.Count == 0:
                turn.Happen(new PrecheckPassed(r.Side) { Disks = r.Disks });
                if (r.Side == Side.Source)
                    MigrationActions.PrecheckDisks(turn);
                break;
            case PrecheckReport r when turn.Stage is InPreMigration:
                MigrationActions.End(
                    turn, MigrationOutcome.Refused, r.Obstacles[0].Reason,
                    running: r.Side == Side.Target || !r.Obstacles.Any(IsFatal),
                    $"{turn.Stage.Plan.HostAt(r.Side)}: {string.Join("; ", r.Obstacles.Select(o => o.Detail))}");
                break;
            case OrderRefused r:
                TakeRefusal(turn, r);
                break;
            case RoundReport or DecisionReport or PrecheckReport or ProgressReport or LifeReport or DirtyingReport:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(report), report, "not a report");
        }
    }

    /// <summary>
    /// A VM that is not running just now may run the next moment; its own life reports say when it is dead.
    /// </summary>
    private static bool IsFatal(Obstacle obstacle) =>
        obstacle.Reason is FailureReason.SourceVmDied or FailureReason.GuestShutDown;

    /// <summary>
    /// An agent that has seen more than this journal knows: the journal is behind (restored from a backup, or another
    /// coordinator wrote elsewhere). Nothing may be decided from it. Once the outcome is known it only means that the
    /// copy to be cleared away has been superseded. A migration on hold is held for this from then on: an operator's
    /// recovery would be decided from that journal too, and where another coordinator wrote, the append finds it out.
    /// </summary>
    private static void TakeRefusal(MigrationTurn turn, OrderRefused refused)
    {
        var behind = refused.Refusal == Refusal.StaleAttempt
            || (refused.Refusal == Refusal.StaleEpoch && refused.EpochSeen > turn.Stage.Epoch);
        if (!behind || turn.Stage is OnHold { Reason: FailureReason.NewerEpochSeen })
            return;
        if (turn.Stage is InCleanUp cleanUp)
        {
            // Only the loser's own word counts: the winner may have gone on to a later migration with the loser's copy
            // left.
            if (refused.Side == cleanUp.Loser)
                turn.Happen(new CleanedUp(cleanUp.Loser, turn.Now));
        }
        else if (turn.Stage is not Over)
        {
            turn.Happen(new HeldForOperator(FailureReason.NewerEpochSeen, refused.Detail, turn.Now));
        }
    }

    private static void Cancel(MigrationTurn turn)
    {
        switch (turn.Stage)
        {
            case InPreMigration:
                MigrationActions.End(turn, MigrationOutcome.RolledBack, FailureReason.Cancelled, running: true, null);
                Answer(turn, true, "Cancelled before anything moved.");
                break;
            case InReservation or InStorageSync or InPreCopy or InStopAndCopy:
                turn.Happen(new AttemptAbandoned(FailureReason.Cancelled, null, turn.Now));
                Answer(turn, true, "Cancelled; the VM goes on at the source.");
                break;
            case InRollback rollback:
                if (rollback.Reason != FailureReason.Cancelled)
                    turn.Happen(new AttemptAbandoned(FailureReason.Cancelled, rollback.Detail, turn.Now));
                Answer(turn, true, "Cancelled; the VM goes on at the source.");
                break;
            case InCommitment or InActivation:
                Answer(turn, false, $"Too late: the target owns the VM since epoch {turn.Stage.Epoch}.");
                break;
            case InReversal:
                Answer(turn, false, "The VM is going back to the source already.");
                break;
            case OnHold { Reason: FailureReason.SourceLostInDoubt } when !IsDead(turn.Sight.Source):
                // It was declared gone and came back: it is looked at, and rolled back as if it had never been away.
                turn.Happen(new AttemptAbandoned(FailureReason.Cancelled, "the source came back", turn.Now));
                Answer(turn, true, "Cancelled; the source came back, and the VM goes on there.");
                break;
            case OnHold { Reason: FailureReason.SourceLostInDoubt }:
                MigrationActions.End(
                    turn, MigrationOutcome.Lost, FailureReason.SourceVmDied, running: false,
                    "the operator gave the target's copy up");
                Answer(turn, true, "The target's copy is given up; the VM is stopped.");
                break;
            case OnHold { Reason: not FailureReason.NewerEpochSeen } when BothAreDead(turn.Sight):
                MigrationActions.End(
                    turn, MigrationOutcome.Lost, FailureReason.SourceVmDied, running: false, "both copies are dead");
                Answer(turn, true, "Both copies are dead; the VM is stopped.");
                break;
            case OnHold { Reason: not FailureReason.NewerEpochSeen } held
                when held.Epoch == held.Plan.Epoch && RunsAtSourceAlone(turn.Sight):
                MigrationActions.End(turn, MigrationOutcome.RolledBack, held.Reason, running: true, held.Detail);
                Answer(turn, true, "Cancelled; the VM goes on at the source.");
                break;
            case OnHold held:
                Answer(turn, false, $"The migration is held ({held.Reason}). {Failures.AdviceFor(held.Reason)}");
                break;
            case InCleanUp or Over:
                Answer(turn, false, "Too late: the migration has ended.");
                break;
            default:
                throw new InvalidOperationException($"cancel is not defined in {turn.Stage.Kind}");
        }
    }

    /// <summary>Durable first: a source that is told may be told again, by whoever reads the journal.</summary>
    private static void Adjust(MigrationTurn turn, TransferChange change)
    {
        if (turn.Stage is not (InPreMigration or InReservation or InStorageSync or InPreCopy or InRollback))
        {
            Answer(turn, false, $"Too late: there is nothing more to send in {turn.Stage.Kind}.");
            return;
        }

        var policy = change.In(turn.Stage.Plan.Policy.Transfer);
        if (policy != turn.Stage.Plan.Policy.Transfer)
            turn.Happen(new TransferPolicyChanged(policy, turn.Now));
        if (turn.Stage is InPreCopy or InStorageSync)
            turn.Order(Side.Source, MigrationActions.Adjusted(turn));
        Answer(turn, true, "It is sent so from now on.");
    }

    /// <summary>Another share is told at once, and again at each wake-up, for the order may be lost.</summary>
    private static void SeeLine(MigrationTurn turn, LineSight line)
    {
        var share = turn.State.Line?.Share;
        if (line != turn.State.Line)
            turn.Happen(new LineSighted(line, turn.Now));
        if (turn.Stage is InPreCopy or InStorageSync && line.Admitted && share != line.Share)
            turn.Order(Side.Source, MigrationActions.Adjusted(turn));
    }

    private static void Recover(MigrationTurn turn)
    {
        if (turn.Stage is OnHold { Reason: FailureReason.SourceLostInDoubt })
        {
            RecoverAtTarget(turn);
            return;
        }

        if (turn.Stage is not OnHold { Reason: not FailureReason.NewerEpochSeen } held)
        {
            Answer(turn, false, "Only a VM that is held because one of its hosts was lost can be recovered.");
            return;
        }

        if (turn.Sight.Source != SourceView.HandedOff
            || turn.Sight.Target is not (TargetView.Crashed or TargetView.Gone))
        {
            Answer(turn, false, "The source must hold its paused copy and the target's must be known dead; seen are " +
                $"{turn.Sight.Source} and {turn.Sight.Target}.");
            return;
        }

        MigrationActions.Revert(turn, held.Reason, "the operator accepted the paused copy");
        Answer(turn, true, "The VM goes on from its paused copy at the source.");
    }

    private static void RecoverAtTarget(MigrationTurn turn)
    {
        if (!IsDead(turn.Sight.Source) || turn.Sight.Target != TargetView.Loaded)
        {
            Answer(turn, false, "The source's copy must be known dead and the target must hold a complete one; " +
                $"seen are {turn.Sight.Source} and {turn.Sight.Target}.");
            return;
        }

        MigrationActions.Commit(turn);
        Answer(turn, true, "The VM goes on from its complete copy at the target.");
    }

    /// <summary>
    /// Rule 5 forbids to take silence for death; a person who has looked may say so. Only before the commit and only
    /// while nothing is heard of the host: what is heard is truer than what is said.
    /// </summary>
    private static void DeclareSourceGone(MigrationTurn turn, string by)
    {
        if (turn.Stage is not (InPreCopy or InStopAndCopy or InRollback))
        {
            Answer(turn, false, $"Nothing waits for {turn.Stage.Plan.Source} in {turn.Stage.Kind}.");
            return;
        }

        if (turn.Sight.Source != SourceView.Unknown)
        {
            Answer(turn, false, $"{turn.Stage.Plan.Source} is not silent: its copy is seen as {turn.Sight.Source}.");
            return;
        }

        turn.Happen(new SourceDeclaredGone(by, turn.Now));
        Answer(turn, true, $"{turn.Stage.Plan.Source} counts as gone, and its copy as dead.");
    }

    /// <summary>
    /// The same of the target's host. Before the commit nothing waits for it; after it the target owns the VM and may have
    /// run it, so that the source goes on only if a person accepts its older copy: it is held, and <c>recover</c> decides.
    /// </summary>
    private static void DeclareTargetGone(MigrationTurn turn, string by)
    {
        if (turn.Stage is not (InCommitment or InActivation))
        {
            Answer(turn, false, $"Nothing waits for {turn.Stage.Plan.Target} in {turn.Stage.Kind}.");
            return;
        }

        if (turn.Sight.Target != TargetView.Unknown)
        {
            Answer(turn, false, $"{turn.Stage.Plan.Target} is not silent: its copy is seen as {turn.Sight.Target}.");
            return;
        }

        turn.Happen(new TargetDeclaredGone(by, turn.Now));
        Answer(turn, true, $"{turn.Stage.Plan.Target} counts as gone, and its copy as dead.");
    }

    /// <summary>Once its owner's copy is given up another epoch is decided: what comes back then is older, and is ended.</summary>
    private static bool TargetMayComeBack(MigrationTurn turn) => turn.State.TargetGone
        && turn.Stage is InCommitment or InActivation
            or OnHold { Reason: FailureReason.TargetLostAfterGrant, HeldFrom: not null };

    /// <summary>After the commit another owner is decided: what comes back then is older, and is released.</summary>
    private static bool MayComeBack(MigrationTurn turn) => turn.State.SourceGone
        && (turn.Stage is InPreCopy or InStopAndCopy or InRollback
            || (turn.Stage is OnHold held && held.Epoch == held.Plan.Epoch));

    private static bool IsDead(SourceView source) => source is SourceView.Dead or SourceView.DiedRunning;

    private static bool BothAreDead(Sight sight) => (sight.Source, sight.Target)
        is (SourceView.Dead or SourceView.DiedRunning, TargetView.Crashed or TargetView.Gone);

    private static bool RunsAtSourceAlone(Sight sight) => (sight.Source, sight.Target)
        is (SourceView.Ready or SourceView.Failed, TargetView.Absent or TargetView.Gone);

    private static void Answer(MigrationTurn turn, bool accepted, string text) =>
        turn.Do(new AnswerOperator(accepted, text));
}
