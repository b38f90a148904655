using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Simulation.Plants;

/// <summary>Agents that decide wrongly, each in one way.</summary>
internal static class CopyPlants
{
    public static IReadOnlyList<Plant> All { get; } =
    [
        Before("epoch-not-checked", "a host obeys orders of any epoch", s => s with { Fence = s.Fence with { Epoch = 0 } }),
        Before("attempt-not-checked", "a host obeys orders of any attempt and migration",
            s => s with { Fence = s.Fence with { Term = 0, Attempt = 0 } }),
        Before("closed-attempt-reopened", "a target forgets which attempt it has closed",
            s => s is NoCopy closed ? closed with { Closed = null } : s),
        After("runs-when-loaded", "a target runs as soon as it holds the guest", (before, input, decision) =>
            before is IncomingCopy incoming && input is MachineSeen { Look.Phase: MigrationPhase.Completed }
                ? decision.Do(new RunMachine(incoming.Directory))
                : decision),
        After("restart-runs-what-it-finds", "an agent that restarts lets a handed-off copy run", (before, input, decision) =>
            before is OutgoingCopy { Phase: OutgoingPhase.HandedOff } outgoing && input is CopyRecovered { Look: not null }
                ? decision.Do(new RunMachine(outgoing.Directory))
                : decision),
        After("source-resumes-after-commit", "a handed-off source that hears of its coordinator again runs",
            (before, input, decision) => before is OutgoingCopy { Phase: OutgoingPhase.HandedOff } outgoing && input is LinkCameUp
                ? decision.Do(new RunMachine(outgoing.Directory))
                : decision),
        new("clean-up-harms-the-winner", "the release goes to both hosts, and is obeyed by the one that owns the VM")
        {
            Deciders = new Deciders
            {
                Migration = (state, input, now, hold) =>
                {
                    var decision = MigrationMachine.Decide(state, input, now, hold);
                    return decision with
                    {
                        Effects = [.. decision.Effects.SelectMany(e => e is SendOrder { Order: ReleaseSource release }
                            ? new[] { e, new SendOrder(Side.Target, release) }
                            : [e])],
                    };
                },
                Copy = (state, input) =>
                    state is OwnedCopy owned && input is OrderGiven { Order: ReleaseSource release }
                    && owned.Epoch == release.Stamp.Epoch
                        ? new CopyDecision([new ReleaseNoted(release.Stamp)], [new KillMachine(owned.Directory)])
                        : CopyMachine.Decide(state, input),
            },
        },
        After("closed-but-not-killed", "a target says that its copy is gone, and lets the process be", (before, _, decision) =>
            before is IncomingCopy && decision.Events.Any(e => e is IncomingClosed { ProcessIsGone: false })
                ? decision with
                {
                    Events = [.. decision.Events.Select(e => e is IncomingClosed c ? c with { ProcessIsGone = true } : e)],
                    Effects = [.. decision.Effects.Where(e => e is not KillMachine)],
                }
                : decision),
        After("hand-off-told-early", "a source says that it has handed off while its hypervisor may still resume",
            (before, input, decision) => before is OutgoingCopy { Broken: null } outgoing && input is MachineSeen { Look.Phase: MigrationPhase.Device }
                ? decision.Do(new SendReport(new SourceReport(StampOf(outgoing), SourceView.HandedOff)))
                : decision),
        After("death-while-paused-claimed", "a source that died says that it was paused, whatever it was", (_, _, decision) =>
            decision with { Events = [.. decision.Events.Select(e => e is CopyEnded c ? c with { Paused = true } : e)] }),
        After("start-repeated", "an order to start that comes again starts a second process", (before, input, decision) =>
            before is OwnedCopy { GrantedBy: null } owned && input is OrderGiven { Order: StartVm start }
                ? decision.Do(new StartMachine(start.Spec, $"{owned.Directory}-again")).Do(new RunMachine($"{owned.Directory}-again"))
                : decision),
        After("grant-not-noted", "a target runs at its grant and notes it only when it is seen running",
            (before, input, decision) => before is IncomingCopy && decision.Events.Any(e => e is GrantNoted) && input is OrderGiven
                ? decision with { Events = [] }
                : decision),
        After("roll-back-not-noted", "a source resumes from its hand-off without a note", (_, _, decision) =>
            decision with { Events = [.. decision.Events.Where(e => e is not RollbackNoted)] }),
        new("stale-ticket-accepted", "a target lets in whoever shows any ticket that it ever made, for whatever waits there")
        {
            TakesAnyTicket = true,
        },
        new("refill-forgets-the-last-batch", "another process gets what a dead one was given, but for the last batch")
        {
            RefillsTooLittle = true,
        },
        new("disk-last-round-skipped", "what a guest writes to its disk until it is paused is not copied")
        {
            SkipsLastRound = true,
        },
        After("disk-removed-at-hand-off", "a source removes its disk when it has handed off", (_, _, decision) =>
            decision.Events.OfType<HandOffNoted>().Any() ? decision.Do(new RemoveDisks(VmId.Of("any"))) : decision),
        new("leftover-not-checked", "a host's leftovers are removed whoever has the VM, and whatever is there")
        {
            Deciders = new Deciders
            {
                Vm = (state, input, now) => state is KnownVm vm && input is LeftoverSeen seen
                    ? new VmDecision([], null, [new SendLifeOrder(seen.Host, new ForgetDisks(Stamp.OfLife(vm.Spec.Id, vm.Epoch)))])
                    : VmMachine.Decide(state, input, now),
                Copy = (state, input) => state is HeldCopy held && input is OrderGiven { Order: ForgetDisks }
                    ? new CopyDecision([], [new RemoveDisks(held.Spec.Id)])
                    : CopyMachine.Decide(state, input),
            },
        },
        After("replacement-not-noted", "a target's other process is started, and the ledger still speaks of the dead one",
            (_, _, decision) => decision with { Events = [.. decision.Events.Where(e => e is not IncomingReplaced)] }),
        After("replaced-when-loaded", "a target that held everything and died is replaced, and still counts as loaded",
            (before, input, decision) => before is IncomingCopy { Phase: IncomingPhase.Loaded } incoming && input is MachineVanished
                ? new CopyDecision(
                    [new IncomingReplaced($"{incoming.Directory}-r1", 1, null)],
                    [new StartIncoming(incoming.Spec, $"{incoming.Directory}-r1", StampOf(incoming), incoming.Source)])
                : decision),
    ];

    private static Stamp StampOf(IncomingCopy s) =>
        new(s.Spec.Id, s.Attempt.Migration, s.Attempt.Term, s.Attempt.Attempt, s.Epoch);

    private static Plant Before(string name, string what, Func<CopyState, CopyState> spoil) => new(name, what)
    {
        Deciders = new Deciders { Copy = (state, input) => CopyMachine.Decide(spoil(state), input) },
    };

    private static Plant After(string name, string what, Func<CopyState, CopyInput, CopyDecision, CopyDecision> spoil)
    {
        Func<CopyState, CopyInput, CopyDecision> decide = (state, input) => spoil(state, input, CopyMachine.Decide(state, input));
        return new Plant(name, what) { Deciders = new Deciders { Copy = decide } };
    }

    private static CopyDecision Do(this CopyDecision decision, CopyEffect effect) =>
        decision with { Effects = [.. decision.Effects, effect] };

    private static Stamp StampOf(OutgoingCopy s) =>
        new(s.Spec.Id, s.Attempt.Migration, s.Attempt.Term, s.Attempt.Attempt, s.Epoch);
}
