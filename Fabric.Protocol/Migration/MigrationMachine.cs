namespace Fabric.Protocol;

/// <summary>
/// The coordinator's part of a migration. Level-triggered: an input changes what is known, then the recovery table says
/// what to do in the cell (durable stage, source as seen, target as seen), again and again until the cell is stable.
/// <code>
///  request -> PreMigration -> Reservation -> StorageSync -> PreCopy -> StopAndCopy -> Commitment -> Activation -> end
///                 |               |  ^            |            |            |             |             |
///               refused           v  | next attempt            v            v         Reversal        OnHold
///                              RollingBack &lt;-------------------+------------+      (target never ran) (it may have)
/// </code>
/// Orders are sent when a cell is entered and repeated at each wake-up, for any of them may be lost.
/// </summary>
public static class MigrationMachine
{
    /// <summary>
    /// A cell leads to another at most once per stage, so more turns than stages is a fault of the table.
    /// </summary>
    private const int TurnsMax = 16;

    /// <summary>What the input leads to. Events are to be made durable before any effect is run.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="input">What happened.</param>
    /// <param name="now">The time.</param>
    /// <param name="holdAt">
    /// A stage to stop in when it is entered, before anything is done in it; a stage is otherwise left in the decision
    /// that entered it when nothing needs to be waited for. <see cref="Resumed"/> goes on.
    /// </param>
    public static MigrationDecision Decide(
        MigrationState state, MigrationInput input, DateTimeOffset now, StageKind? holdAt = null)
    {
        var turn = new MigrationTurn(state, now);
        if (state.Stage is not Begun)
            return turn.Decision();
        MigrationIntake.TakeIn(turn, input);
        Reconcile(turn, state, again: input is Woken or Resumed or HostFound, holdAt);
        return turn.Decision();
    }

    private static void Reconcile(MigrationTurn turn, MigrationState before, bool again, StageKind? holdAt)
    {
        var entered = again || turn.State.Cell != before.Cell || turn.Stage.CurrentAttempt != AttemptOf(before);
        for (var i = 0; turn.Stage.Kind != StageKind.Over; i++)
        {
            if (i == TurnsMax)
                throw new InvalidOperationException($"the recovery table turns in a circle at {turn.State.Cell}");
            var cell = (turn.State.Cell, turn.Stage.CurrentAttempt);
            var (stage, source, target) = turn.State.Cell;
            MigrationActions.Act(turn, RecoveryTable.Lookup(stage, source, target), entered, again);
            if ((turn.State.Cell, turn.Stage.CurrentAttempt) == cell || (turn.Stage.Kind == holdAt && stage != holdAt))
                break;
            entered = true;
        }

        if (turn.Stage.Kind == StageKind.Over)
            turn.Do(new Retire());
        else if (again || turn.Stage.Kind != before.Stage.Kind)
            turn.Do(new WakeAfter(WakeInterval(turn)));
    }

    private static int AttemptOf(MigrationState state) => state.Stage is Begun begun ? begun.CurrentAttempt : 0;

    /// <summary>What cannot be hurried is looked at less often the longer it lasts, up to once a minute.</summary>
    private static long WakeInterval(MigrationTurn turn)
    {
        var retry = turn.Times.OrderRetryMs;
        if (turn.Stage is not (InCleanUp or OnHold or InRollback))
            return retry;
        var age = (long)(turn.Now - turn.Stage.Since).TotalMilliseconds;
        return Math.Clamp(age / 4, retry, Math.Max(retry, Limits.Migration.WakeMsMax));
    }
}
