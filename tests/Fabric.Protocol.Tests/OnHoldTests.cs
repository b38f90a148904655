using Fabric.Protocol;

namespace Fabric.Protocol.Tests;

/// <summary>Every hold has a way out that an operator can take once what is true has been seen.</summary>
public sealed class OnHoldTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly MigrationPlan Plan = new(
        MigrationId.Of("v1-m4"), HostId.Of("a"), HostId.Of("b"), 1, 4,
        new VmSpec { Id = VmId.Of("v1"), MemoryKiB = 131136 }, new MigrationPolicy());

    [Fact]
    public void Both_copies_dead_after_the_grant_can_be_given_up()
    {
        var decision = Decide(
            Held(2, FailureReason.TargetLostAfterGrant, SourceView.Dead, TargetView.Crashed), new CancelRequested());
        decision.Events.OfType<MigrationEnded>().Single().Outcome.ShouldBe(MigrationOutcome.Lost);
        decision.VmEvents.OfType<VmUnlocked>().Single().Running.ShouldBeFalse();
    }

    [Fact]
    public void A_broken_assertion_before_the_commit_ends_where_the_guest_runs()
    {
        var decision = Decide(
            Held(1, FailureReason.AssertionBroken, SourceView.Failed, TargetView.Gone), new CancelRequested());
        decision.Events.OfType<MigrationEnded>().Single().Keeper.ShouldBe(Keeper.Source);
        decision.VmEvents.OfType<VmUnlocked>().Single().Running.ShouldBeTrue();
    }

    [Fact]
    public void A_broken_assertion_is_recovered_from_the_paused_copy_when_the_other_is_dead()
    {
        var decision = Decide(
            Held(2, FailureReason.AssertionBroken, SourceView.HandedOff, TargetView.Gone), new RecoverRequested());
        decision.Events.OfType<CommitReverted>().Single().Epoch.ShouldBe(3);
    }

    [Theory]
    [InlineData(FailureReason.NewerEpochSeen, SourceView.Failed, TargetView.Gone)]
    [InlineData(FailureReason.AssertionBroken, SourceView.Unknown, TargetView.Gone)]
    [InlineData(FailureReason.AssertionBroken, SourceView.Failed, TargetView.Running)]
    public void What_is_in_doubt_stays_held(FailureReason reason, SourceView source, TargetView target)
    {
        foreach (MigrationInput input in new MigrationInput[] { new CancelRequested(), new RecoverRequested() })
            Decide(Held(1, reason, source, target), input).Events.Where(e => e is not SightEvent).ShouldBeEmpty();
    }

    /// <summary>
    /// That its host is there again may have been said to nobody: while the journal could not be read, or before this
    /// coordinator had read it. Else its guest would run on there, and the operator let another go on.
    /// </summary>
    [Fact]
    public void A_target_that_was_declared_gone_and_reports_is_there()
    {
        var committed = new MigrationState(
            new InCommitment(Plan, At, At, 1, 2, new SwitchoverTimes(At, At, At, null)),
            new Sight { Source = SourceView.HandedOff }, 4);
        var gone = After(committed, new HostGoneDeclared(Side.Target, "ops"));
        gone.Stage.ShouldBeOfType<OnHold>().Reason.ShouldBe(FailureReason.TargetLostAfterGrant);
        var resumed = After(gone, new Resumed());
        resumed.Sight.Target.ShouldBe(TargetView.Crashed);

        var stamp = new Stamp(VmId.Of("v1"), Plan.Id, 4, 1, 2);
        var decision = Decide(resumed, new Reported(Plan.Target, new TargetReport(stamp, TargetView.Running)));
        decision.Events.OfType<TargetCameBack>().ShouldHaveSingleItem();
        decision.Events.OfType<Activated>().ShouldHaveSingleItem();
        Decide(After(resumed, new Reported(Plan.Target, new TargetReport(stamp, TargetView.Running))), new RecoverRequested())
            .Events.OfType<CommitReverted>().ShouldBeEmpty();
    }

    private static MigrationState After(MigrationState state, MigrationInput input) =>
        Decide(state, input).Events.Aggregate(state, MigrationEvolution.Evolve);

    private static MigrationDecision Decide(MigrationState state, MigrationInput input) =>
        MigrationMachine.Decide(state, input, At);

    private static MigrationState Held(long epoch, FailureReason reason, SourceView source, TargetView target) => new(
        new OnHold(Plan, At, At, 1, epoch, reason, "as the test says"),
        new Sight { Source = source, Target = target }, 4);
}
