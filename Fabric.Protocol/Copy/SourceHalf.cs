namespace Fabric.Protocol;

/// <summary>
/// The source's half of a transfer. It goes from pre-switchover to the last pages by itself: nothing irreversible
/// happens there, and asking would cost a round trip of downtime. What it notes durably is the hand-off, and every
/// right to run again after it.
/// </summary>
internal static class SourceHalf
{
    public static void Sync(CopyTurn turn, SyncDisks order)
    {
        switch (turn.State)
        {
            case OwnedCopy s when CanBegin(s, order.Stamp) && s.Spec.LocalDisks().Any():
                turn.Happen(new OutgoingBegun(order.Stamp));
                turn.Do(new StartSyncing(s.Directory, order));
                turn.TellSource(order.Stamp);
                break;
            default:
                TellAgain(turn, order, "whose disks cannot be copied");
                break;
        }
    }

    public static void Synced(CopyTurn turn, DisksSynced synced)
    {
        if (turn.State is not OutgoingCopy { Phase: OutgoingPhase.Syncing, Broken: null } s)
            return;
        turn.Happen(new OutgoingSighted(OutgoingPhase.Synced, synced.Progress));
        turn.TellSource(StampOf(s));
    }

    public static void Begin(CopyTurn turn, BeginTransfer order)
    {
        switch (turn.State)
        {
            case OutgoingCopy { Phase: OutgoingPhase.Synced, Broken: null } s when s.Attempt.Is(order.Stamp):
                turn.Happen(new OutgoingSighted(OutgoingPhase.Starting, null));
                turn.Do(new StartSending(s.Directory, order));
                turn.TellSource(order.Stamp);
                break;
            case OwnedCopy s when CanBegin(s, order.Stamp) && s.Spec.LocalDisks().Any():
                turn.Refuse(order, Side.Source, Refusal.WrongState, "its local disks have not been copied");
                break;
            case OwnedCopy s when CanBegin(s, order.Stamp):
                turn.Happen(new OutgoingBegun(order.Stamp));
                turn.Do(new StartSending(s.Directory, order));
                turn.TellSource(order.Stamp);
                break;
            default:
                TellAgain(turn, order, "that cannot begin");
                break;
        }
    }

    /// <summary>A wish, not a right: what is not being sent any more needs no answer.</summary>
    public static void Adjust(CopyTurn turn, AdjustTransfer order)
    {
        if (turn.State is OutgoingCopy
            {
                Phase: OutgoingPhase.Syncing or OutgoingPhase.Synced or OutgoingPhase.Starting or OutgoingPhase.Sending,
                Broken: null,
            } s
            && s.Attempt.Is(order.Stamp))
            turn.Do(new AdjustSending(s.Directory, order.Policy, order.LineShare));
    }

    public static void RollBack(CopyTurn turn, RollBackSource order)
    {
        switch (turn.State)
        {
            case OwnedCopy s when !(s.LastEnded?.Attempt.Is(order.Stamp) ?? false):
                // Closed before it began: a late order to begin is refused from now on.
                turn.Happen(new OutgoingEnded(order.Stamp, FailureReason.Cancelled, null));
                turn.TellSource(order.Stamp);
                break;
            case OutgoingCopy { Phase: OutgoingPhase.HandedOff } s when s.Attempt.Is(order.Stamp):
                turn.Happen(new RollbackNoted(order.Stamp));
                turn.Do(new CloseTransfer());
                turn.Do(new RunMachine(s.Directory));
                break;
            case OutgoingCopy { Phase: OutgoingPhase.Resuming } s when s.Attempt.Is(order.Stamp):
                turn.Do(new RunMachine(s.Directory));
                break;
            case OutgoingCopy s when s.Attempt.Is(order.Stamp):
                turn.Happen(new OutgoingBroken(FailureReason.Cancelled, null));
                turn.Do(new CancelSending(s.Directory));
                break;
            case OwnedCopy or EndedCopy or ClosingCopy or NoCopy:
                turn.TellSource(order.Stamp);
                break;
            default:
                turn.Refuse(order, Side.Source, Refusal.WrongState, $"the copy here is a {turn.State.GetType().Name}");
                break;
        }
    }

    public static void Release(CopyTurn turn, ReleaseSource order)
    {
        switch (turn.State)
        {
            case OutgoingCopy { Phase: OutgoingPhase.HandedOff } s when s.Epoch < order.Stamp.Epoch:
                turn.Happen(new ReleaseNoted(order.Stamp));
                turn.Do(new CloseTransfer());
                turn.Do(new KillMachine(s.Directory) { RemoveDisksOf = s.Spec });
                break;
            case HeldCopy s when s is not (IncomingCopy or ClosingCopy) && s.Epoch < order.Stamp.Epoch:
                // The order proves a later owner: whatever is here under an older epoch has no right to be.
                turn.Happen(new ReleaseNoted(order.Stamp));
                turn.Do(new CloseTransfer());
                turn.Do(new KillMachine(s.Directory) { RemoveDisksOf = s.Spec });
                break;
            case ClosingCopy s:
                turn.Do(CopyMachine.EndOf(s));
                break;
            case NoCopy or IncomingCopy:
                turn.TellSource(order.Stamp);
                break;
            default:
                turn.Refuse(order, Side.Source, Refusal.WrongState, "the copy here is not older than the release");
                break;
        }
    }

    public static void Regrant(CopyTurn turn, Grant order)
    {
        switch (turn.State)
        {
            case OutgoingCopy { Phase: OutgoingPhase.HandedOff } s
                when s.Attempt.Is(order.Stamp) && s.Epoch < order.Stamp.Epoch:
                turn.Happen(new RegrantNoted(order.Stamp));
                turn.Do(new CloseTransfer());
                turn.Do(new RunMachine(s.Directory));
                break;
            case OwnedCopy { Running: false } s when s.Epoch == order.Stamp.Epoch:
                turn.Do(new RunMachine(s.Directory));
                break;
            default:
                turn.TellSource(order.Stamp);
                break;
        }
    }

    public static void Seen(CopyTurn turn, MachineLook look)
    {
        var s = (OutgoingCopy)turn.State;
        if (look.Run is RunState.Shutdown or RunState.Broken)
        {
            var reason = look.Run == RunState.Shutdown ? FailureReason.GuestShutDown : FailureReason.SourceVmDied;
            End(turn, s, reason, look.Detail, paused: false);
            turn.Do(new KillMachine(s.Directory));
            return;
        }

        switch (s.Phase)
        {
            case OutgoingPhase.HandedOff:
                break;
            case OutgoingPhase.Resuming when look.Run == RunState.Running:
                turn.Happen(new OutgoingEnded(StampOf(s), FailureReason.Cancelled, null));
                turn.TellSource(StampOf(s));
                break;
            case OutgoingPhase.Resuming:
                break;
            case OutgoingPhase.Syncing or OutgoingPhase.Synced or OutgoingPhase.Starting or OutgoingPhase.Sending
                or OutgoingPhase.Paused:
                Follow(turn, s, look);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(turn), s.Phase, "not a phase");
        }
    }

    /// <summary>
    /// The relay died with the agent, so whatever was under way cannot go on; what was complete is complete.
    /// </summary>
    public static void Recovered(CopyTurn turn, MachineLook look)
    {
        var s = (OutgoingCopy)turn.State;
        switch (s.Phase, look.Phase)
        {
            case (OutgoingPhase.Resuming, _) when look.Run != RunState.Running:
                turn.Do(new RunMachine(s.Directory));
                break;
            case (OutgoingPhase.HandedOff or OutgoingPhase.Resuming, _):
                Seen(turn, look);
                break;
            case (_, MigrationPhase.None) when look.Run == RunState.Running:
                turn.Happen(
                    new OutgoingEnded(
                        StampOf(s), FailureReason.SourceTransferFailed,
                        "the source's agent restarted before it began"));
                turn.Do(new CloseTransfer());
                turn.TellSource(StampOf(s));
                break;
            case (_, MigrationPhase.Completed or MigrationPhase.Failed or MigrationPhase.Cancelled):
                turn.Happen(new OutgoingBroken(FailureReason.SourceTransferFailed, "the source's agent restarted"));
                Seen(turn, look);
                break;
            default:
                turn.Happen(new OutgoingBroken(FailureReason.SourceTransferFailed, "the source's agent restarted"));
                turn.Do(new CancelSending(s.Directory));
                break;
        }
    }

    public static void Broke(CopyTurn turn, TransferBroke broke)
    {
        if (turn.State is not OutgoingCopy s
            || s.Phase is OutgoingPhase.HandedOff or OutgoingPhase.Resuming)
            return;
        turn.Happen(new OutgoingBroken(broke.Reason, broke.Detail));
        turn.Do(new CancelSending(s.Directory));
    }

    public static void RoundEnded(CopyTurn turn, Round round)
    {
        if (turn.State is OutgoingCopy s)
            turn.Report(new RoundReport(StampOf(s), round));
    }

    public static void Vanished(CopyTurn turn, string detail) =>
        End(turn, (OutgoingCopy)turn.State, FailureReason.SourceVmDied, detail, DiedPaused((OutgoingCopy)turn.State));

    /// <summary>
    /// Whether the guest is known not to have run since it was paused: then the target's copy, if complete, is the
    /// latest. Noted, or seen to the end; after a cancel or a break the hypervisor may have resumed it before it died.
    /// </summary>
    private static bool DiedPaused(OutgoingCopy s) => s.Phase switch
    {
        OutgoingPhase.HandedOff => true,
        OutgoingPhase.Paused => s.Broken is null,
        OutgoingPhase.Syncing or OutgoingPhase.Synced or OutgoingPhase.Starting or OutgoingPhase.Sending
            or OutgoingPhase.Resuming => false,
        _ => throw new ArgumentOutOfRangeException(nameof(s), s.Phase, "not a phase"),
    };

    /// <summary>It runs here, under the order's epoch, and the order's attempt is not over.</summary>
    private static bool CanBegin(OwnedCopy s, Stamp order) => s is { Running: true, Stopping: false }
        && s.Epoch == order.Epoch && !(s.LastEnded?.Attempt.Is(order) ?? false);

    /// <summary>An order that has been obeyed is answered again; another one is refused.</summary>
    private static void TellAgain(CopyTurn turn, Order order, string what)
    {
        if (turn.State is OwnedCopy { LastEnded: { } ended } && ended.Attempt.Is(order.Stamp)
            || turn.State is OutgoingCopy s && s.Attempt.Is(order.Stamp))
            turn.TellSource(order.Stamp);
        else
            turn.Refuse(order, Side.Source, Refusal.WrongState, $"the copy here is a {turn.State.GetType().Name} {what}");
    }

    private static void Follow(CopyTurn turn, OutgoingCopy s, MachineLook look)
    {
        switch (look.Phase)
        {
            case MigrationPhase.Active when look.Run == RunState.Running:
                Sight(turn, s, OutgoingPhase.Sending, look);
                break;
            case MigrationPhase.PreSwitchover:
                // Once: one that is refused is not repeated; the switchover's time-out rolls back.
                if (s is { Phase: not OutgoingPhase.Paused, Broken: null })
                    turn.Do(new ContinueSwitchover(s.Directory));
                Sight(turn, s, OutgoingPhase.Paused, look);
                break;
            case MigrationPhase.Device:
                Sight(turn, s, OutgoingPhase.Paused, look);
                break;
            case MigrationPhase.Completed when look.Run == RunState.Postmigrate:
                turn.Happen(new OutgoingSighted(OutgoingPhase.Paused, look.Progress) { HandOff = look.HandOff });
                turn.Happen(new HandOffNoted());
                turn.TellSource(StampOf(s));
                break;
            case MigrationPhase.None or MigrationPhase.Completed
                when s.Broken is not null && look.Run == RunState.Running:
                // It was cancelled before the hypervisor had begun; what it shows is of before.
                turn.Happen(new OutgoingEnded(StampOf(s), s.Broken.Value, s.BrokenDetail));
                turn.Do(new CloseTransfer());
                turn.TellSource(StampOf(s));
                break;
            case MigrationPhase.Failed or MigrationPhase.Cancelled when look.Run == RunState.Running:
                var reason = s.Broken ?? FailureReason.SourceTransferFailed;
                turn.Happen(new OutgoingEnded(StampOf(s), reason, s.BrokenDetail ?? look.Detail));
                turn.Do(new CloseTransfer());
                turn.TellSource(StampOf(s));
                break;
            case MigrationPhase.Failed or MigrationPhase.Cancelled:
                // The hand-off is not noted, so this host owns the right to run; the hypervisor did not resume by
                // itself.
                turn.Do(new RunMachine(s.Directory));
                break;
            case MigrationPhase.None or MigrationPhase.Setup or MigrationPhase.Active or MigrationPhase.Completed
                or MigrationPhase.Cancelling or MigrationPhase.WaitUnplug or MigrationPhase.Unknown:
                break;
            case MigrationPhase.PostcopyActive or MigrationPhase.PostcopyPaused or MigrationPhase.PostcopyRecover
                or MigrationPhase.PostcopyRecoverSetup or MigrationPhase.Colo:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(look), look.Phase, "not a phase");
        }
    }

    private static void Sight(CopyTurn turn, OutgoingCopy s, OutgoingPhase phase, MachineLook look)
    {
        if (s.Phase == phase)
            return;
        turn.Happen(new OutgoingSighted(phase, look.Progress));
        turn.TellSource(StampOf(s));
    }

    private static void End(CopyTurn turn, OutgoingCopy s, FailureReason reason, string? detail, bool paused)
    {
        turn.Happen(new CopyEnded(LifeView.Dead, reason, detail, paused));
        turn.Do(new CloseTransfer());
        turn.TellSource(StampOf(s));
    }

    private static Stamp StampOf(OutgoingCopy s) =>
        new(s.Spec.Id, s.Attempt.Migration, s.Attempt.Term, s.Attempt.Attempt, s.Epoch);
}
