using Fabric.Protocol;

namespace Fabric.Protocol.Tests;

/// <summary>A fault plan can stop a migration in every stage that it enters, before anything is done in it.</summary>
public sealed class HoldTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly MigrationPlan Plan = new(
        MigrationId.Of("demo-m4"), HostId.Of("host-a"), HostId.Of("host-b"), 1, 4,
        new VmSpec { Id = VmId.Of("demo"), MemoryKiB = 131136 }, new MigrationPolicy());

    [Theory]
    [InlineData(StageKind.Reservation)]
    [InlineData(StageKind.StorageSync)]
    [InlineData(StageKind.PreCopy)]
    [InlineData(StageKind.StopAndCopy)]
    [InlineData(StageKind.Commitment)]
    [InlineData(StageKind.Activation)]
    public void Migration_stops_in_the_stage_once_and_goes_on_to_its_end(StageKind stage)
    {
        var state = MigrationEvolution.Evolve(MigrationState.Initial, new MigrationRequested(Plan, Now));
        StageKind? pending = stage;
        var ended = false;
        MigrationDecision Step(MigrationInput input)
        {
            var decision = MigrationMachine.Decide(state, input, Now, pending);
            state = decision.Events.Aggregate(state, MigrationEvolution.Evolve);
            ended |= decision.Events.OfType<MigrationEnded>().Any(e => e.Outcome == MigrationOutcome.Completed);
            return decision;
        }

        var told = new Dictionary<HostId, Func<MigrationInput>>();
        foreach (var input in HappyPath())
        {
            var given = input();
            if (given is Reported { Report: SourceReport or TargetReport } reported)
                told[reported.Host] = input;
            var decision = Step(given);
            if (pending is null || state.Stage.Kind != stage)
                continue;
            pending = null;
            decision.Effects.OfType<SendOrder>().ShouldBeEmpty();
            Step(new HostLost(Side.Target));
            Step(new HostLost(Side.Source));
            Step(new Resumed()).Effects.OfType<SendOrder>().ShouldNotBeEmpty();
            foreach (var again in told.Values)
                Step(again());
        }

        pending.ShouldBeNull();
        ended.ShouldBeTrue();

        // Each report carries the stamp of the moment at which it is made.
        IEnumerable<Func<MigrationInput>> HappyPath()
        {
            Stamp Stamp() => ((Begun)state.Stage).Stamp;
            Reported Source(SourceView view) => new(Plan.Source, new SourceReport(Stamp(), view));
            Reported Target(TargetView view, TransferOffer? offer = null) =>
                new(Plan.Target, new TargetReport(Stamp(), view, offer));
            var offer = new TransferOffer(new DataEndpoint("127.0.0.1", 7601), "ticket");
            yield return () => new Resumed();
            yield return () => new Reported(Plan.Source, new PrecheckReport(Stamp(), Side.Source, []));
            yield return () => new Reported(Plan.Target, new PrecheckReport(Stamp(), Side.Target, []));
            yield return () => Source(SourceView.Ready);
            yield return () => Target(TargetView.Prepared, offer);
            yield return () => Source(SourceView.Sending);
            yield return () => Source(SourceView.Paused);
            yield return () => Source(SourceView.HandedOff);
            yield return () => Target(TargetView.Loaded);
            yield return () => Source(SourceView.HandedOff);
            yield return () => Target(TargetView.Running);
            yield return () => Target(TargetView.Running);
        }
    }
}
