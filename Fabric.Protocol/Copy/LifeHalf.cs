using System.Globalization;

namespace Fabric.Protocol;

/// <summary>A VM's own life on its owner: start, stop, death.</summary>
internal static class LifeHalf
{
    public static void Start(CopyTurn turn, StartVm order)
    {
        switch (turn.State)
        {
            case NoCopy or EndedCopy when order.Stamp.Epoch > turn.State.Fence.Epoch:
                var directory = string.Create(CultureInfo.InvariantCulture, $"{order.Spec.Id}/e{order.Stamp.Epoch}");
                KillEnded(turn);
                turn.Happen(new CopyStartNoted(order.Stamp, order.Spec, directory));
                turn.Do(new StartMachine(order.Spec, directory));
                break;
            case OwnedCopy { Running: false, Stopping: false } s when s.Epoch == order.Stamp.Epoch:
                // Behind its start: letting it run may have failed, and only this order comes again.
                turn.Do(new RunMachine(s.Directory));
                turn.TellLife(order.Stamp);
                break;
            case HeldCopy s when s.Epoch == order.Stamp.Epoch && s is not IncomingCopy:
                turn.TellLife(order.Stamp);
                break;
            case HeldCopy or NoCopy:
                turn.Refuse(order, null, Refusal.WrongState, $"there is a {turn.State.GetType().Name} here already");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(turn), turn.State, "not a state of a copy");
        }
    }

    public static void Stop(CopyTurn turn, StopVm order)
    {
        if (turn.State is OwnedCopy s && s.Epoch == order.Stamp.Epoch)
        {
            if (!s.Stopping)
                turn.Happen(new CopyStopNoted(order.Stamp));
            turn.Do(order.Force ? new KillMachine(s.Directory) : new PowerDownMachine(s.Directory));
            return;
        }

        if (turn.State is OutgoingCopy or IncomingCopy)
            turn.Refuse(order, null, Refusal.WrongState, "a migration has it");
        else
            turn.TellLife(order.Stamp);
    }

    /// <summary>Only where nothing is, or what ended under an older epoch: what a copy here needs stays.</summary>
    public static void ForgetDisks(CopyTurn turn, ForgetDisks order)
    {
        if (turn.State is NoCopy || (turn.State is EndedCopy ended && ended.Epoch < order.Stamp.Epoch))
        {
            KillEnded(turn);
            turn.Do(new RemoveDisks(order.Stamp.Vm));
        }
        else
            turn.Refuse(order, null, Refusal.WrongState, $"there is a {turn.State.GetType().Name} here");
    }

    public static void Seen(CopyTurn turn, MachineLook look)
    {
        var s = (OwnedCopy)turn.State;
        switch (look.Run)
        {
            case RunState.Running:
                if (!s.Running || look.Activation is not null)
                {
                    turn.Happen(new OwnedSighted(true, look.Activation));
                    Tell(turn, s);
                }

                break;
            case RunState.Shutdown:
                turn.Happen(
                    new CopyEnded(
                        LifeView.Stopped, s.Stopping ? null : FailureReason.GuestShutDown,
                        "the guest turned itself off"));
                turn.Do(new KillMachine(s.Directory));
                Tell(turn, s);
                break;
            case RunState.Broken:
                turn.Happen(
                    new CopyEnded(LifeView.Dead, FailureReason.SourceVmDied, look.Detail ?? "the guest crashed"));
                turn.Do(new KillMachine(s.Directory));
                Tell(turn, s);
                break;
            case RunState.Paused or RunState.Postmigrate or RunState.Inmigrate or RunState.FinishMigrate:
                // The ledger says that it may run: a crash came between the note and the act.
                if (!s.Running)
                    turn.Do(new RunMachine(s.Directory));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(look), look.Run, "not a run state");
        }
    }

    /// <summary>
    /// The process of a guest that ended was ended too, but that may have failed, and a later one must not meet it at the
    /// guest's disks.
    /// </summary>
    public static void KillEnded(CopyTurn turn)
    {
        if (turn.State is EndedCopy ended)
            turn.Do(new KillMachine(ended.Directory));
    }

    public static void Vanished(CopyTurn turn, string detail)
    {
        var s = (OwnedCopy)turn.State;
        turn.Happen(s.Stopping
            ? new CopyEnded(LifeView.Stopped, null, detail)
            : new CopyEnded(LifeView.Dead, FailureReason.SourceVmDied, detail));
        Tell(turn, s);
    }

    private static void Tell(CopyTurn turn, OwnedCopy s)
    {
        turn.TellLife(Stamp.OfLife(s.Spec.Id, s.Epoch));
        if (s.GrantedBy is { } by)
            turn.TellTarget(new Stamp(s.Spec.Id, by.Migration, by.Term, by.Attempt, s.Epoch));
        if (s.LastEnded is { Attempt: var ended })
            turn.TellSource(new Stamp(s.Spec.Id, ended.Migration, ended.Term, ended.Attempt, s.Epoch));
    }
}
