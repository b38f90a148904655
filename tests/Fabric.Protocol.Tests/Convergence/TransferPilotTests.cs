namespace Fabric.Protocol.Tests.Convergence;

public sealed class TransferPilotTests
{
    private const long Mbit = 1_000_000 / 8;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void Hypervisor_is_held_back_until_the_policy_lets_it_go()
    {
        var state = Begin(new TransferPolicy(100 * Mbit, 300) { Convergence = ConvergencePolicy.Balanced });
        state.Limits.ShouldBe(new TransferLimits(100 * Mbit, Limits.Convergence.HeldBackMs, 0));
        var step = TransferPilot.Step(state, RoundThatLeaves(100), TimeSpan.FromSeconds(1));
        step.State.Limits.ShouldBe(new TransferLimits(100 * Mbit, 300, 0));
        step.Told.ShouldHaveSingleItem().Kind.ShouldBe(DecisionKind.SwitchOver);
    }

    [Fact]
    public void Without_a_policy_the_hypervisor_decides_by_the_limit_itself()
    {
        var state = Begin(new TransferPolicy(0, 300));
        state.Limits.ShouldBe(new TransferLimits(0, 300, 0));
        for (var i = 0; i < 40; i++)
        {
            var step = TransferPilot.Step(state, RoundThatLeaves(1_000_000), TimeSpan.FromSeconds(i));
            (step.Told.Length, step.GiveUp).ShouldBe((0, null));
            state = step.State;
        }
    }

    [Fact]
    public void Giving_up_says_why()
    {
        var state = Begin(new TransferPolicy(0, 300) { Convergence = ConvergencePolicy.GiveUp });
        PilotStep step = null!;
        for (var i = 0; i < 3; i++)
        {
            step = TransferPilot.Step(state, RoundThatLeaves(100_000), TimeSpan.FromSeconds(10 * i));
            state = step.State;
        }

        step.GiveUp!.ShouldContain("2 rounds did not shrink");
        step.Told.ShouldHaveSingleItem().Kind.ShouldBe(DecisionKind.GiveUp);
    }

    [Fact]
    public void Operators_new_maximum_holds_at_once_and_is_told()
    {
        var policy = new TransferPolicy(500 * Mbit, 300) { BandwidthMin = 100 * Mbit };
        var state = Begin(policy);
        state.Rate.ShouldBe(100 * Mbit);
        state = TransferPilot.Step(state, RoundThatLeaves(100_000), TimeSpan.FromSeconds(1)).State;
        var grown = state.Rate;
        grown.ShouldBeGreaterThan(100 * Mbit);
        var step = TransferPilot.Step(
            state, new PilotPolicy(policy with { BandwidthMax = 120 * Mbit }), TimeSpan.FromSeconds(2));
        step.State.Rate.ShouldBe(120 * Mbit);
        step.Told.ShouldHaveSingleItem().Why.ShouldBe("asked for");
        TransferPilot.Step(step.State, new PilotPolicy(policy), TimeSpan.FromSeconds(3)).State.Rate.ShouldBe(120 * Mbit);
    }

    [Fact]
    public void Lines_share_bounds_the_rate_and_gives_it_back()
    {
        var state = Begin(new TransferPolicy(500 * Mbit, 300));
        state = TransferPilot.Step(state, new PilotShare(50 * Mbit), default).State;
        state.Rate.ShouldBe(50 * Mbit);
        state = TransferPilot.Step(state, new PilotShare(0), default).State;
        state.Rate.ShouldBe(500 * Mbit);
    }

    [Fact]
    public void Same_wish_again_changes_and_tells_nothing()
    {
        var state = Begin(new TransferPolicy(500 * Mbit, 300));
        var step = TransferPilot.Step(state, new PilotPolicy(state.Policy), default);
        step.State.ShouldBe(state);
        step.Told.ShouldBeEmpty();
    }

    [Fact]
    public void Decisions_that_are_told_are_bounded()
    {
        var state = Begin(new TransferPolicy(500 * Mbit, 300));
        var told = 0;
        for (var i = 0; i < 3 * Limits.Convergence.DecisionsMax; i++)
        {
            var step = TransferPilot.Step(state, new PilotShare((i % 2) + Limits.Rate.BytesPerSecondMin), default);
            told += step.Told.Length;
            state = step.State;
        }

        told.ShouldBe(Limits.Convergence.DecisionsMax);
        state.Rate.ShouldBe(1 + Limits.Rate.BytesPerSecondMin);
    }

    private static PilotState Begin(TransferPolicy policy) => TransferPilot.Begin(policy, 0, Hour, TimeSpan.Zero);

    private static PilotRound RoundThatLeaves(long pages) =>
        new(new Round(1, 1_000, 12_500_000, pages, 10_000, 12_500_000, 1_000));
}
