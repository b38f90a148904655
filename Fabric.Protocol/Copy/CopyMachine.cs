using System.Globalization;

namespace Fabric.Protocol;

/// <summary>
/// What a host may do with its copy of one VM, for which epoch. Every right is in the ledger before it is used; every
/// order is judged by the fence first (rule 8).
/// <code>
///              start                 begin            hand-off            release
///   NoCopy ---------> Owned ---------------> Outgoing(...HandedOff) ------------> Closing -> NoCopy
///     |  ^              ^  ^----- ended/rolled back -----|  regrant
///     |  |  closed      |  (process dies: Ended)
///     |  +--------- Closing &lt;---- discard ---+
///     +--- prepare ---> Incoming(Prepared, Receiving, Loaded) --- grant ---> Owned
///                           (process dies before it is loaded: replaced, a few times)
/// </code>
/// </summary>
public static class CopyMachine
{
    /// <summary>What the input leads to. Events are to be in the ledger before any effect is run.</summary>
    public static CopyDecision Decide(CopyState state, CopyInput input)
    {
        var turn = new CopyTurn(state);
        switch (input)
        {
            case OrderGiven given:
                Obey(turn, given.Order);
                break;
            case LinkCameUp:
                Tell(turn);
                break;
            case CopyRecovered { Look: null } when state is HeldCopy:
                Vanished(turn, "found dead when the agent started");
                break;
            case MachineVanished gone when state is HeldCopy:
                Vanished(turn, gone.Detail, gone.CanRefill);
                break;
            case CopyRecovered { Look: { } look }:
                Recovered(turn, look);
                break;
            case MachineSeen seen:
                Seen(turn, seen.Look);
                break;
            case MachineFailedToStart failed:
                FailedToStart(turn, failed);
                break;
            case OfferMade made:
                TargetHalf.Offered(turn, made);
                break;
            case BytesArrived:
                TargetHalf.Arrived(turn);
                break;
            case TransferBroke broke:
                SourceHalf.Broke(turn, broke);
                TargetHalf.Broke(turn, broke);
                break;
            case RoundSeen round:
                SourceHalf.RoundEnded(turn, round.Round);
                break;
            case CopyRecovered or MachineVanished:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "not an input of a host's machine");
        }

        return turn.Decision();
    }

    private static void Obey(CopyTurn turn, Order order)
    {
        var side = SideOf(order);
        if (turn.State.Fence.Judge(order.Stamp) is { } stale)
        {
            var fence = turn.State.Fence;
            turn.Refuse(order, side, stale, string.Create(
                CultureInfo.InvariantCulture,
                $"order {order.Stamp} is older than epoch {fence.Epoch}, term {fence.Term}, attempt {fence.Attempt} " +
                $"in this host's ledger"));
            return;
        }

        switch (order)
        {
            case StartVm start:
                LifeHalf.Start(turn, start);
                break;
            case StopVm stop:
                LifeHalf.Stop(turn, stop);
                break;
            case ObserveVm observe:
                turn.TellLife(observe.Stamp);
                break;
            case MeasureDirtying measure when turn.State is OwnedCopy { Running: true } owned:
                turn.Do(new WatchDirtying(owned.Directory, measure));
                break;
            case MeasureDirtying measure:
                turn.Report(new DirtyingReport(
                    measure.Stamp, measure.IntervalMs, null, $"the copy here is a {turn.State.GetType().Name}"));
                break;
            case Precheck precheck:
                turn.Do(new RunPrecheck(precheck, NotRunning(turn.State)));
                break;
            case Observe { Side: Side.Source } observe:
                turn.TellSource(observe.Stamp);
                break;
            case Observe observe:
                turn.TellTarget(observe.Stamp);
                break;
            case BeginTransfer begin:
                SourceHalf.Begin(turn, begin);
                break;
            case AdjustTransfer adjust:
                SourceHalf.Adjust(turn, adjust);
                break;
            case RollBackSource rollBack:
                SourceHalf.RollBack(turn, rollBack);
                break;
            case ReleaseSource release:
                SourceHalf.Release(turn, release);
                break;
            case Grant { Side: Side.Source } grant:
                SourceHalf.Regrant(turn, grant);
                break;
            case PrepareTarget prepare:
                TargetHalf.Prepare(turn, prepare);
                break;
            case DiscardTarget discard:
                TargetHalf.Discard(turn, discard);
                break;
            case Grant grant:
                TargetHalf.Granted(turn, grant);
                break;
            case FlipNetwork flip:
                TargetHalf.Flip(turn, flip);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(order), order, "not an order");
        }
    }

    private static Side? SideOf(Order order) => order switch
    {
        StartVm or StopVm or ObserveVm or MeasureDirtying => null,
        Precheck o => o.Side,
        Observe o => o.Side,
        Grant o => o.Side,
        BeginTransfer or AdjustTransfer or RollBackSource or ReleaseSource => Side.Source,
        PrepareTarget or DiscardTarget or FlipNetwork => Side.Target,
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, "not an order"),
    };

    /// <summary>Says how things stand, unasked: after the link came back.</summary>
    private static void Tell(CopyTurn turn)
    {
        if (turn.State is not HeldCopy held)
            return;
        LifeHalf.KillEnded(turn);
        turn.TellLife(Stamp.OfLife(held.Spec.Id, held.Epoch));
    }

    private static void Recovered(CopyTurn turn, MachineLook look)
    {
        switch (turn.State)
        {
            case OwnedCopy:
                LifeHalf.Seen(turn, look);
                break;
            case OutgoingCopy:
                SourceHalf.Recovered(turn, look);
                break;
            case IncomingCopy:
                TargetHalf.Recovered(turn, look);
                break;
            case ClosingCopy s:
                turn.Do(new KillMachine(s.Directory));
                break;
            case EndedCopy s:
                turn.Do(new KillMachine(s.Directory));
                break;
            case NoCopy:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(turn), turn.State, "not a state of a copy");
        }
    }

    private static void Seen(CopyTurn turn, MachineLook look)
    {
        switch (turn.State)
        {
            case OwnedCopy:
                LifeHalf.Seen(turn, look);
                break;
            case OutgoingCopy:
                SourceHalf.Seen(turn, look);
                break;
            case IncomingCopy:
                TargetHalf.Seen(turn, look);
                break;
            case ClosingCopy or EndedCopy or NoCopy:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(turn), turn.State, "not a state of a copy");
        }
    }

    private static void Vanished(CopyTurn turn, string detail, bool canRefill = false)
    {
        switch (turn.State)
        {
            case OwnedCopy:
                LifeHalf.Vanished(turn, detail);
                break;
            case OutgoingCopy:
                SourceHalf.Vanished(turn, detail);
                break;
            case IncomingCopy:
                TargetHalf.Vanished(turn, detail, canRefill);
                break;
            case ClosingCopy { Closed: { } closed } s:
                turn.Happen(new CopyCleared());
                turn.TellTarget(
                    new Stamp(
                        s.Spec.Id, closed.Attempt.Migration, closed.Attempt.Term, closed.Attempt.Attempt, s.Epoch));
                break;
            case ClosingCopy s:
                turn.Happen(new CopyCleared());
                TellReleased(turn, s);
                break;
            case EndedCopy or NoCopy:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(turn), turn.State, "not a state of a copy");
        }
    }

    /// <summary>The release was ordered under the fence's stamp, and whoever ordered it waits for this.</summary>
    private static void TellReleased(CopyTurn turn, ClosingCopy s)
    {
        if (s.ReleasedBy is { } attempt)
            turn.TellSource(new Stamp(s.Spec.Id, attempt.Migration, attempt.Term, attempt.Attempt, s.Fence.Epoch));
    }

    /// <summary>
    /// A guest that ended says so: an outcome that leaves the VM to its source would not be true. One that does not run
    /// just now may run the next moment.
    /// </summary>
    private static FailureReason? NotRunning(CopyState state) => state switch
    {
        OwnedCopy { Running: true, Stopping: false } => null,
        EndedCopy { Reason: FailureReason.GuestShutDown } => FailureReason.GuestShutDown,
        EndedCopy { Ended: LifeView.Dead } => FailureReason.SourceVmDied,
        NoCopy or OwnedCopy or OutgoingCopy or IncomingCopy or EndedCopy or ClosingCopy => FailureReason.VmNotRunning,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of a copy"),
    };

    private static void FailedToStart(CopyTurn turn, MachineFailedToStart failed)
    {
        switch (turn.State)
        {
            case OwnedCopy s:
                turn.Happen(new CopyEnded(LifeView.Dead, failed.Reason, failed.Detail));
                turn.TellLife(Stamp.OfLife(s.Spec.Id, s.Epoch));
                break;
            case IncomingCopy:
                TargetHalf.Close(turn, failed.Reason, failed.Detail, processIsGone: true);
                break;
            case OutgoingCopy or ClosingCopy or EndedCopy or NoCopy:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(turn), turn.State, "not a state of a copy");
        }
    }
}
