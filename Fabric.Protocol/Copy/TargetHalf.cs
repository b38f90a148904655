using System.Globalization;

namespace Fabric.Protocol;

/// <summary>
/// The target's half of a transfer. It runs nothing without a grant, and a closed attempt stays closed: that, in the
/// ledger, is the proof that a target never ran.
/// </summary>
internal static class TargetHalf
{
    public static void Prepare(CopyTurn turn, PrepareTarget order)
    {
        switch (turn.State)
        {
            case NoCopy { Closed: { } closed } when closed.Attempt.Is(order.Stamp):
                turn.TellTarget(order.Stamp);
                break;
            case NoCopy:
                Reserve(turn, order);
                break;
            case EndedCopy s when s.Epoch < order.Stamp.Epoch:
                Reserve(turn, order);
                break;
            case IncomingCopy s when s.Attempt.Is(order.Stamp):
                turn.TellTarget(order.Stamp);
                break;
            case IncomingCopy s:
                Close(turn, FailureReason.Cancelled, $"superseded by {order.Stamp}", processIsGone: false);
                break;
            case OutgoingCopy { Phase: OutgoingPhase.HandedOff } s when s.Epoch < order.Stamp.Epoch:
                // What was handed off under an older epoch was not released yet; the order proves a later owner.
                turn.Happen(new ReleaseNoted(order.Stamp));
                turn.Do(new KillMachine(s.Directory) { RemoveDisksOf = s.Spec });
                break;
            case ClosingCopy s:
                turn.Do(CopyMachine.EndOf(s));
                break;
            case OwnedCopy { GrantedBy: { } granted } when granted.Is(order.Stamp):
                turn.TellTarget(order.Stamp);
                break;
            default:
                turn.Refuse(order, Side.Target, Refusal.WrongState, $"there is a {turn.State.GetType().Name} here");
                break;
        }
    }

    public static void Offered(CopyTurn turn, OfferMade made)
    {
        if (turn.State is not IncomingCopy { Phase: IncomingPhase.Starting or IncomingPhase.Prepared } s)
            return;
        turn.Happen(new IncomingSighted(IncomingPhase.Prepared, made.Offer));
        turn.TellTarget(StampOf(s));
    }

    public static void Arrived(CopyTurn turn)
    {
        if (turn.State is not IncomingCopy { Phase: IncomingPhase.Prepared } s)
            return;
        turn.Happen(new IncomingSighted(IncomingPhase.Receiving, null));
        turn.TellTarget(StampOf(s));
    }

    public static void Seen(CopyTurn turn, MachineLook look)
    {
        var s = (IncomingCopy)turn.State;
        switch (look.Phase)
        {
            case MigrationPhase.Completed when s.Phase != IncomingPhase.Loaded:
                turn.Happen(new IncomingSighted(IncomingPhase.Loaded, null));
                turn.TellTarget(StampOf(s));
                break;
            case MigrationPhase.Failed:
                Close(
                    turn, FailureReason.TargetLoadFailed,
                    look.Detail ?? "the target's hypervisor could not load the guest", processIsGone: false);
                break;
            default:
                break;
        }
    }

    /// <summary>What is complete is complete; anything else lost its relay with the agent.</summary>
    public static void Recovered(CopyTurn turn, MachineLook look)
    {
        if (look.Phase == MigrationPhase.Completed)
            Seen(turn, look);
        else
            Close(turn, FailureReason.TargetUnreachable, "the target's agent restarted", processIsGone: false);
    }

    /// <summary>
    /// While bytes arrive, the hypervisor itself finds out whether it has everything: it completes or ends. Before the
    /// first byte it would wait for ever.
    /// </summary>
    public static void Broke(CopyTurn turn, TransferBroke broke)
    {
        if (turn.State is IncomingCopy { Phase: IncomingPhase.Starting or IncomingPhase.Prepared })
            Close(turn, broke.Reason, broke.Detail, processIsGone: false);
    }

    /// <summary>
    /// The process died. The source's guest runs, and its stream waits: another process takes the place of this one
    /// where that can be given what it needs. Not with local disks, whose copies went through it; not once it holds everything: whoever asked for that has been told so.
    /// </summary>
    public static void Vanished(CopyTurn turn, string detail, bool canRefill)
    {
        var s = (IncomingCopy)turn.State;
        if (!canRefill || s.Spec.LocalDisks().Any() || s.Phase is not (IncomingPhase.Prepared or IncomingPhase.Receiving)
            || s.Replaced >= Limits.Agent.ReplacementsMax)
        {
            Close(turn, FailureReason.TargetVmDied, detail, processIsGone: true);
            return;
        }

        var stamp = StampOf(s);
        var count = s.Replaced + 1;
        turn.Happen(new IncomingReplaced(DirectoryOf(s.Spec, stamp, count), count, detail));
        turn.Do(new RefillIncoming(s.Spec, s.Directory, ((IncomingCopy)turn.State).Directory, stamp));
        turn.TellTarget(stamp);
    }

    /// <summary>A help, not a right: what is not coming in needs none, and no answer.</summary>
    public static void Flip(CopyTurn turn, FlipNetwork order)
    {
        if (turn.State is IncomingCopy s && s.Attempt.Is(order.Stamp))
            turn.Do(new TurnNetwork(s.Directory));
    }

    public static void Granted(CopyTurn turn, Grant order)
    {
        switch (turn.State)
        {
            case IncomingCopy { Phase: IncomingPhase.Loaded } s
                when s.Attempt.Is(order.Stamp) && s.Epoch < order.Stamp.Epoch:
                turn.Happen(new GrantNoted(order.Stamp));
                turn.Do(new RunMachine(s.Directory));
                turn.Do(new CloseTransfer());
                break;
            case OwnedCopy { GrantedBy: { } granted, Running: false } s when granted.Is(order.Stamp):
                turn.Do(new RunMachine(s.Directory));
                break;
            case IncomingCopy s when s.Attempt.Is(order.Stamp):
                turn.Refuse(order, Side.Target, Refusal.WrongState, $"the copy here is {s.Phase}, not loaded");
                break;
            default:
                turn.TellTarget(order.Stamp);
                break;
        }
    }

    public static void Discard(CopyTurn turn, DiscardTarget order)
    {
        switch (turn.State)
        {
            case IncomingCopy s when s.Attempt.Is(order.Stamp):
                Close(turn, FailureReason.Cancelled, null, processIsGone: false);
                break;
            case NoCopy { Closed: { } closed } when closed.Attempt.Is(order.Stamp):
                turn.TellTarget(order.Stamp);
                break;
            case EndedCopy s when s.Epoch < order.Stamp.Epoch && s.Spec.LocalDisks().Any():
                // It ran here and died, and the order proves a later owner: its disks go with it, and only then is it gone.
                turn.Happen(new ReleaseNoted(order.Stamp));
                turn.Do(new KillMachine(s.Directory) { RemoveDisksOf = s.Spec });
                break;
            case NoCopy:
            case EndedCopy s when s.Epoch <= order.Stamp.Epoch:
                // Closed before it began, or after it died: a late order to prepare is refused from now on.
                LifeHalf.KillEnded(turn);
                turn.Happen(new IncomingClosed(order.Stamp, FailureReason.Cancelled, null, ProcessIsGone: true));
                turn.TellTarget(order.Stamp);
                break;
            case IncomingCopy:
                Close(turn, FailureReason.Cancelled, $"superseded by {order.Stamp}", processIsGone: false);
                break;
            case OutgoingCopy { Phase: OutgoingPhase.HandedOff } s when s.Epoch < order.Stamp.Epoch:
                // As in Prepare: the order proves a later owner.
                turn.Happen(new ReleaseNoted(order.Stamp));
                turn.Do(new KillMachine(s.Directory) { RemoveDisksOf = s.Spec });
                break;
            case OwnedCopy s when s.Epoch < order.Stamp.Epoch:
                // Its host was declared gone, and the VM went on elsewhere: what runs here has no right to.
                turn.Happen(new ReleaseNoted(order.Stamp));
                turn.Do(new KillMachine(s.Directory) { RemoveDisksOf = s.Spec });
                break;
            case ClosingCopy s:
                turn.Do(CopyMachine.EndOf(s));
                break;
            default:
                turn.TellTarget(order.Stamp);
                break;
        }
    }

    /// <summary>Closes the attempt for ever.</summary>
    public static void Close(CopyTurn turn, FailureReason reason, string? detail, bool processIsGone)
    {
        var s = (IncomingCopy)turn.State;
        turn.Happen(new IncomingClosed(StampOf(s), reason, detail, processIsGone));
        turn.Do(new CloseTransfer());
        if (processIsGone)
            turn.TellTarget(StampOf(s));
        else
            turn.Do(new KillMachine(s.Directory));
    }

    private static void Reserve(CopyTurn turn, PrepareTarget order)
    {
        var directory = DirectoryOf(order.Spec, order.Stamp, replaced: 0);
        LifeHalf.KillEnded(turn);
        turn.Happen(new IncomingNoted(order.Stamp, order.Spec, directory, order.Source));
        turn.Do(new StartIncoming(order.Spec, directory, order.Stamp, order.Source)
        {
            Disks = order.Disks,
            Network = order.Network,
        });
    }

    /// <summary>No two processes of a VM have the same.</summary>
    private static string DirectoryOf(VmSpec spec, Stamp stamp, int replaced) => string.Create(
        CultureInfo.InvariantCulture,
        $"{spec.Id}/e{stamp.Epoch}-t{stamp.Term}-a{stamp.Attempt}{(replaced == 0 ? "" : $"-r{replaced}")}");

    private static Stamp StampOf(IncomingCopy s) =>
        new(s.Spec.Id, s.Attempt.Migration, s.Attempt.Term, s.Attempt.Attempt, s.Epoch);
}
