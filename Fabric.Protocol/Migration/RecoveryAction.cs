namespace Fabric.Protocol;

/// <summary>
/// What a cell of the recovery table says. Closed; each is one branch of <see cref="MigrationMachine"/>.
/// </summary>
public enum RecoveryAction
{
    /// <summary>Progress comes by report; look again at each wake-up.</summary>
    Wait = 1,

    /// <summary>A side is not seen: ask it, however long it takes.</summary>
    Ask,

    /// <summary>Ask; abandon the attempt when the target stays away too long.</summary>
    AskThenAbandon,

    /// <summary>Wait; abandon the attempt when the switchover takes too long.</summary>
    WaitForSwitchover,

    /// <summary>Order the prechecks; begin the first attempt when both sides passed.</summary>
    Precheck,

    /// <summary>Order the target to reserve.</summary>
    PrepareTarget,

    /// <summary>The target holds its reservation: stage 2.</summary>
    EnterStorageSync,

    /// <summary>Order the source to copy its local disks; without any there is nothing to do.</summary>
    SyncDisks,

    /// <summary>Disks are in place: stage 3.</summary>
    EnterPreCopy,

    /// <summary>Order the source to send.</summary>
    BeginTransfer,

    /// <summary>The source is paused: stage 4.</summary>
    EnterStopAndCopy,

    /// <summary>The target has all and the source can never run by itself: stage 5.</summary>
    Commit,

    /// <summary>The attempt failed at the target.</summary>
    AbandonForTarget,

    /// <summary>The attempt failed at the source, where the guest runs on.</summary>
    AbandonForSource,

    /// <summary>The source's process died and the target is not complete.</summary>
    AbandonDeadSource,

    /// <summary>Order the source to end the attempt and run.</summary>
    RollBackSource,

    /// <summary>Order the target to close the attempt for ever.</summary>
    DiscardTarget,

    /// <summary>As <see cref="DiscardTarget"/>, but only after a while: the copy there may be completing.</summary>
    WaitThenDiscard,

    /// <summary>Ask the target; when it stays away longer than the fence wait, roll the source back.</summary>
    FenceThenRollBack,

    /// <summary>Both sides are settled: next attempt, or the end.</summary>
    Settle,

    /// <summary>
    /// The source is settled and the target not seen: the end, or wait for it before the next attempt.
    /// </summary>
    SettleWithoutTarget,

    /// <summary>Order the target to run.</summary>
    GrantTarget,

    /// <summary>The target runs: stage 6.</summary>
    EnterActivation,

    /// <summary>The target never ran and never will: give ownership back to the source.</summary>
    RevertCommit,

    /// <summary>
    /// The target may have run and is gone, or the source may have run on and is: only an operator may decide.
    /// </summary>
    HoldForOperator,

    /// <summary>The target is known to run: the outcome is true.</summary>
    Complete,

    /// <summary>Order the source to run under its new epoch.</summary>
    GrantSource,

    /// <summary>The source runs again after a reversal: the outcome is true.</summary>
    SettleReversal,

    /// <summary>Both copies are dead: say so.</summary>
    EndLost,

    /// <summary>Order the source to drop its paused copy.</summary>
    ReleaseSource,

    /// <summary>The loser's copy is gone.</summary>
    FinishCleanUp,

    /// <summary>A rule of the protocol does not hold: touch nothing, stop, tell the operator.</summary>
    Broken,
}
