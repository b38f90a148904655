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

    private static MigrationDecision Decide(MigrationState state, MigrationInput input) =>
        MigrationMachine.Decide(state, input, At);

    private static MigrationState Held(long epoch, FailureReason reason, SourceView source, TargetView target) => new(
        new OnHold(Plan, At, At, 1, epoch, reason, "as the test says"),
        new Sight { Source = source, Target = target }, 4);
}
