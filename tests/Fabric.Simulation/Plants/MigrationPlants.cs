using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Simulation.Plants;

/// <summary>Coordinators that decide wrongly, each in one way.</summary>
internal static class MigrationPlants
{
    public static IReadOnlyList<Plant> All { get; } =
    [
        After("grant-before-commit", "the target is granted as soon as it is loaded", (before, after, decision) =>
            after.Stage is InStopAndCopy stage && after.Sight.Target == TargetView.Loaded
                && before.Sight.Target != TargetView.Loaded
                ? decision.Send(Side.Target, new Grant(stage.Stamp with { Epoch = stage.Epoch + 1 }, Side.Target))
                : decision),
        After("source-released-early", "the source's copy is released at the commit, before the target runs",
            (_, after, decision) => decision.Events.Any(e => e is Committed)
                ? decision.Send(Side.Source, new ReleaseSource(((Begun)after.Stage).Stamp))
                : decision),
        After("outcome-published-early", "completion is written together with the commit", OutcomeEarly),
        Before("commit-without-hand-off", "a source that is only paused is taken as handed off", (state, input) =>
            (state.Stage is InStopAndCopy && state.Sight.Source == SourceView.Paused
                ? Seen(state, source: SourceView.HandedOff)
                : state, input)),
        Before("commit-before-load", "a target that still receives is taken as loaded", (state, input) =>
            (state.Stage is InStopAndCopy && state.Sight.Target == TargetView.Receiving
                ? Seen(state, target: TargetView.Loaded)
                : state, input)),
        Before("silence-is-death", "a target that is not connected after the commit is taken as gone", (state, input) =>
            input is HostLost(Side.Target) && state.Stage is InCommitment
                ? (Seen(state, target: TargetView.Gone), new Woken())
                : (state, input)),
        Before("lost-reply-is-failure", "a grant that is not answered in time is taken as failed", (state, input) =>
            input is Woken && state.Stage is InCommitment && state.Sight.Target == TargetView.Loaded
                ? (Seen(state, target: TargetView.Gone), input)
                : (state, input)),
        Before("stale-report-accepted", "a report of an earlier attempt counts for the present one", (state, input) =>
            input is Reported { Report: { Stamp.Attempt: > 0 } report } told && state.Stage is Begun stage
                && report.Stamp.Attempt < stage.CurrentAttempt
                ? (state, told with { Report = report with { Stamp = stage.Stamp } })
                : (state, input)),
        Before("cancel-after-commit-honoured", "a cancel after the commit gives the VM back to its source", (state, input) =>
            input is CancelRequested && state.Stage is InCommitment
                ? (Seen(state, SourceView.HandedOff, TargetView.Gone), new Woken())
                : (state, input)),
        Before("died-running-is-dead", "a source that may have run on before it died is taken as dead while paused",
            (state, input) => input is Reported { Report: SourceReport { View: SourceView.DiedRunning } report } told
                ? (state, told with { Report = report with { View = SourceView.Dead } })
                : (state, input)),
        Before("crashed-is-gone", "a target that died after its grant is taken as one that never ran", (state, input) =>
            input is Reported { Report: TargetReport { View: TargetView.Crashed } report } told
                ? (state, told with { Report = report with { View = TargetView.Gone } })
                : (state, input)),
        After("target-not-discarded", "after a roll-back without its target nobody clears it away", (_, after, decision) =>
            ClearedAtOnce(after, decision, Side.Target)),
        After("source-not-released", "after completion nobody clears the source away", (_, after, decision) =>
            ClearedAtOnce(after, decision, Side.Source)),
        After("wake-ups-forgotten", "no order is ever repeated", (_, _, decision) =>
            decision with { Effects = [.. decision.Effects.Where(e => e is not WakeAfter)] }),
        After("rate-not-journalled", "another way to send is ordered and promised without being written", (_, _, decision) =>
            decision with { Events = [.. decision.Events.Where(e => e is not TransferPolicyChanged)] }),
        After("roll-back-after-commit", "a commitment that takes long is rolled back at the source", (before, _, decision) =>
            before.Stage is InCommitment stage && decision.Effects.Any(e => e is WakeAfter)
                ? decision.Send(Side.Source, new RollBackSource(stage.Stamp))
                : decision),
        Before("hold-left-alone", "a hold is left for the paused copy without an operator", (state, input) =>
            input is Woken && state.Stage is OnHold { Reason: FailureReason.TargetLostAfterGrant }
                ? (state, new RecoverRequested())
                : (state, input)),
        After("epoch-not-raised", "the commit keeps the epoch", (_, _, decision) => decision with
        {
            Events = [.. decision.Events.Select(e => e is Committed c ? c with { Epoch = c.Epoch - 1 } : e)],
            VmEvents = [.. decision.VmEvents.Select(e => e is OwnershipMoved m ? m with { Epoch = m.Epoch - 1 } : e)],
        }),
        After("commit-forgets-the-vm", "the commit is not written into the VM's stream", (_, _, decision) =>
            decision with { VmEvents = [.. decision.VmEvents.Where(e => e is not OwnershipMoved)] }),
        Before("roll-back-not-awaited", "an abandoned attempt ends although its source is still paused", (state, input) =>
            (state.Stage is InRollback && state.Sight.Source is SourceView.Paused or SourceView.HandedOff
                ? Seen(state, source: SourceView.Failed)
                : state, input)),
        new("any-life-report-believed", "a VM's life is told by any host under any epoch")
        {
            Deciders = new Deciders
            {
                Vm = (state, input, now) => VmMachine.Decide(
                    state,
                    input is LifeReported told && state is KnownVm vm
                        ? new LifeReported(vm.Owner, told.Report with { Stamp = told.Report.Stamp with { Epoch = vm.Epoch } })
                        : input,
                    now),
            },
        },
    ];

    private static Plant Before(
        string name, string what, Func<MigrationState, MigrationInput, (MigrationState State, MigrationInput Input)> spoil)
    {
        return Deciding(name, what, (state, input, now, hold) =>
        {
            var (wrong, heard) = state.Stage is Begun ? spoil(state, input) : (state, input);
            return MigrationMachine.Decide(wrong, heard, now, hold);
        });
    }

    private static Plant After(
        string name, string what, Func<MigrationState, MigrationState, MigrationDecision, MigrationDecision> spoil)
    {
        return Deciding(name, what, (state, input, now, hold) =>
        {
            var decision = MigrationMachine.Decide(state, input, now, hold);
            return spoil(state, decision.Events.Aggregate(state, MigrationEvolution.Evolve), decision);
        });
    }

    private static Plant Deciding(
        string name, string what, Func<MigrationState, MigrationInput, DateTimeOffset, StageKind?, MigrationDecision> decide) =>
        new(name, what) { Deciders = new Deciders { Migration = decide } };

    private static MigrationState Seen(MigrationState state, SourceView? source = null, TargetView? target = null) => state with
    {
        Sight = state.Sight with { Source = source ?? state.Sight.Source, Target = target ?? state.Sight.Target },
    };

    private static MigrationDecision Send(this MigrationDecision decision, Side side, Order order) =>
        decision with { Effects = [.. decision.Effects, new SendOrder(side, order)] };

    private static MigrationDecision OutcomeEarly(MigrationState before, MigrationState after, MigrationDecision decision)
    {
        if (decision.Events.FirstOrDefault(e => e is Committed) is not Committed { At: var at })
            return decision;
        var plan = ((Begun)after.Stage).Plan;
        return decision with
        {
            Events =
            [
                .. decision.Events, new Activated(null, at),
                new MigrationEnded(MigrationOutcome.Completed, null, Keeper.Target, null, null, at),
            ],
            VmEvents = [.. decision.VmEvents, new VmUnlocked(plan.Id, MigrationOutcome.Completed, true, at)],
        };
    }

    private static MigrationDecision ClearedAtOnce(MigrationState after, MigrationDecision decision, Side side) =>
        after.Stage is InCleanUp stage && stage.Loser == side
            ? decision with { Events = [.. decision.Events, new CleanedUp(side, stage.Since)], Effects = [new Retire()] }
            : decision;
}
