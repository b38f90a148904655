namespace Fabric.Protocol;

/// <summary>What an input says, before anything is done about it.</summary>
internal static class MigrationIntake
{
    public static void TakeIn(MigrationTurn turn, MigrationInput input)
    {
        switch (input)
        {
            case Resumed or Woken or HostFound:
                break;
            case HostLost(Side.Source):
                turn.Happen(new SourceSighted(SourceView.Unknown, null, null, null, turn.Now));
                break;
            case HostLost(Side.Target):
                turn.Happen(new TargetSighted(TargetView.Unknown, null, null, null, null, turn.Now));
                break;
            case HostLost lost:
                throw new ArgumentOutOfRangeException(nameof(input), lost.Side, "not a side");
            case Reported { Report: var report }:
                if (Concerns(turn.Stage, report.Stamp))
                    TakeReport(turn, report);
                break;
            case CancelRequested:
                Cancel(turn);
                break;
            case RecoverRequested:
                Recover(turn);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "not an input of a migration");
        }
    }

    /// <summary>A report of another migration or attempt is history and says nothing about this one.</summary>
    private static bool Concerns(Begun stage, Stamp stamp) =>
        stamp.Migration == stage.Plan.Id && stamp.Term == stage.Plan.Term && stamp.Attempt == stage.CurrentAttempt;

    private static void TakeReport(MigrationTurn turn, Report report)
    {
        switch (report)
        {
            case SourceReport r:
                turn.Happen(new SourceSighted(r.View, r.Reason, r.Detail, r.Progress?.HypervisorDowntimeMs, turn.Now));
                break;
            case TargetReport r:
                turn.Happen(new TargetSighted(r.View, r.Offer, r.Reason, r.Detail, r.Activation, turn.Now));
                break;
            case RoundReport r when turn.Stage is InPreCopy stage && r.Round.Number > stage.RoundsDone:
                turn.Happen(new RoundCompleted(stage.Attempt, r.Round, turn.Now));
                break;
            case PrecheckReport r when turn.Stage is InPreMigration && r.Obstacles.Count == 0:
                turn.Happen(new PrecheckPassed(r.Side));
                break;
            case PrecheckReport r when turn.Stage is InPreMigration:
                MigrationActions.End(
                    turn, MigrationOutcome.Refused, r.Obstacles[0].Reason, running: r.Side == Side.Target || !r.Obstacles.Any(IsFatal),
                    $"{turn.Stage.Plan.HostAt(r.Side)}: {string.Join("; ", r.Obstacles.Select(o => o.Detail))}");
                break;
            case OrderRefused r:
                TakeRefusal(turn, r);
                break;
            case RoundReport or PrecheckReport or ProgressReport or LifeReport:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(report), report, "not a report");
        }
    }

    private static bool IsFatal(Obstacle obstacle) =>
        obstacle.Reason is FailureReason.SourceVmDied or FailureReason.GuestShutDown or FailureReason.VmNotRunning;

    /// <summary>
    /// An agent that has seen more than this journal knows: the journal is behind (restored from a backup, or another
    /// coordinator wrote elsewhere). Nothing may be decided from it. Once the outcome is known it only means that the
    /// copy to be cleared away has been superseded.
    /// </summary>
    private static void TakeRefusal(MigrationTurn turn, OrderRefused refused)
    {
        var behind = refused.Refusal == Refusal.StaleAttempt
            || (refused.Refusal == Refusal.StaleEpoch && refused.EpochSeen > turn.Stage.Epoch);
        if (!behind || turn.Stage is OnHold)
            return;
        if (turn.Stage is InCleanUp cleanUp)
            turn.Happen(new CleanedUp(cleanUp.Loser, turn.Now));
        else if (turn.Stage is not Over)
            turn.Happen(new HeldForOperator(FailureReason.NewerEpochSeen, refused.Detail, turn.Now));
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

    private static void Recover(MigrationTurn turn)
    {
        if (turn.Stage is not OnHold { Reason: FailureReason.TargetLostAfterGrant } held)
        {
            Answer(turn, false, "Only a VM that is held because its target was lost after the grant can be recovered.");
            return;
        }

        if (turn.Sight.Source != SourceView.HandedOff || turn.Sight.Target is not (TargetView.Crashed or TargetView.Gone))
        {
            Answer(turn, false, "The source must hold its paused copy and the target's must be known dead; seen are " +
                $"{turn.Sight.Source} and {turn.Sight.Target}.");
            return;
        }

        MigrationActions.Revert(turn, held.Reason, "the operator accepted the paused copy");
        Answer(turn, true, "The VM goes on from its paused copy at the source.");
    }

    private static void Answer(MigrationTurn turn, bool accepted, string text) => turn.Do(new AnswerOperator(accepted, text));
}
