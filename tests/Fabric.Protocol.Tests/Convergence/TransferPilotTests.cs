namespace Fabric.Protocol.Tests.Convergence;

public sealed class TransferPilotTests
{
    private const long Mbit = 1_000_000 / 8;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void Hypervisor_is_held_back_until_the_policy_lets_it_go()
    {
        var state = Begin(new TransferPolicy(100 * Mbit, 300) { Convergence = ConvergencePolicy.Balanced });
        state.Limits.ShouldBe(new TransferLimits(200 * Mbit, Limits.Convergence.HeldBackMs, 0));
        var step = TransferPilot.Step(state, RoundThatLeaves(100), TimeSpan.FromSeconds(1));
        step.State.Limits.ShouldBe(new TransferLimits(200 * Mbit, 300, 0));
        step.Told.ShouldHaveSingleItem().Kind.ShouldBe(DecisionKind.SwitchOver);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1_000_000, true)]
    [InlineData(8_000_000, false)]
    public void What_is_left_of_the_disks_is_copied_in_the_pause_too_so_it_has_to_fit(long left, bool switchesOver)
    {
        // 12.5 MB/s for 300 ms are 3.75 MB, of which the memory needs 0.4.
        var state = Begin(new TransferPolicy(100 * Mbit, 300) { Convergence = ConvergencePolicy.Balanced });
        var disk = new DiskProgress(DiskId.Of("root"), 1L << 30, 1L << 30, left, 3, 0, false);
        state = TransferPilot.Step(
            state, new PilotProgress(Progress with { Disks = [disk] }), TimeSpan.FromMilliseconds(500)).State;
        var step = TransferPilot.Step(state, RoundThatLeaves(100), TimeSpan.FromSeconds(1));
        (step.State.Limits.DowntimeLimitMs == 300).ShouldBe(switchesOver);
    }

    [Theory]
    [InlineData(ConvergencePolicy.Balanced, true)]
    [InlineData(ConvergencePolicy.LowDowntime, true)]
    [InlineData(ConvergencePolicy.MustFinish, true)]
    [InlineData(ConvergencePolicy.GiveUp, false)]
    [InlineData(null, false)]
    public void Guest_s_writes_are_slowed_only_where_the_policy_slows_guests(ConvergencePolicy? policy, bool may)
    {
        var sending = new TransferPolicy(0, 300) { Convergence = policy };
        sending.SlowedWritesMin.ShouldBe(may ? Limits.Disks.WritesBytesPerSecondMin : 0);
        (sending with { DiskWritesMin = 1 << 20 }).SlowedWritesMin.ShouldBe(may ? 1 << 20 : 0);
        (sending with { DiskWritesMin = 0 }).SlowedWritesMin.ShouldBe(0);
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
    public void Least_of_policy_and_both_shares_is_the_rate()
    {
        var state = Begin(new TransferPolicy(500 * Mbit, 300));
        state = TransferPilot.Step(state, new PilotShare(50 * Mbit), default).State;
        var step = TransferPilot.Step(state, new PilotLineShare(30 * Mbit), default);
        step.State.Rate.ShouldBe(30 * Mbit);
        step.Told.ShouldHaveSingleItem().Why.ShouldBe("the share of the link between the sites");
        state = TransferPilot.Step(step.State, new PilotLineShare(70 * Mbit), default).State;
        state.Rate.ShouldBe(50 * Mbit);
        state = TransferPilot.Step(state, new PilotShare(0), default).State;
        state.Rate.ShouldBe(70 * Mbit);
        TransferPilot.Begin(state.Policy, 0, 20 * Mbit, Hour, TimeSpan.Zero).Rate.ShouldBe(20 * Mbit);
    }

    [Fact]
    public void Hypervisors_own_limit_leaves_room_for_what_packs_into_the_rate()
    {
        var state = Begin(new TransferPolicy(20 * Mbit, 300));
        state.Limits.BandwidthMax.ShouldBe(40 * Mbit);
        state = Packed(state, before: 4_000_000, after: 1_000_000);
        state.Limits.BandwidthMax.ShouldBe(160 * Mbit);
        // A little more or less is not worth an order; nor is what too little was sent to tell.
        state = Packed(state, before: 8_000_000, after: 1_900_000);
        state.Limits.BandwidthMax.ShouldBe(160 * Mbit);
        state = Packed(state, before: 8_900_000, after: 1_900_000);
        state.Limits.BandwidthMax.ShouldBe(160 * Mbit);
        // Pages that the target holds cost next to nothing: the guard must not stand in their way.
        state = Packed(state, before: 10_000_000, after: 1_900_000);
        state.Limits.BandwidthMax.ShouldBeGreaterThan(10_000 * Mbit);
        // What does not pack at all may be a little larger on the wire; the guard is never below the rate.
        state = Packed(state, before: 12_000_000, after: 5_000_000);
        state.Limits.BandwidthMax.ShouldBe(40 * Mbit);
        TransferPilot.Step(state, new PilotPolicy(new TransferPolicy(0, 300)), default).State
            .Limits.BandwidthMax.ShouldBe(0);
    }

    [Fact]
    public void Rate_rises_only_while_the_wire_carries_it_whatever_the_hypervisor_counts()
    {
        var policy = new TransferPolicy(0, 300) { BandwidthMin = 100 * Mbit, Convergence = ConvergencePolicy.GiveUp };
        Raised(wire: 95 * Mbit).ShouldBeTrue();
        Raised(wire: 20 * Mbit).ShouldBeFalse("page work packs 500 Mbit/s into 20 of 100");

        bool Raised(long wire)
        {
            var state = Begin(policy);
            var raised = false;
            for (var i = 1; i <= 3 && !raised; i++)
            {
                state = TransferPilot.Step(
                    state, new PilotProgress(Progress with { Link = new LinkProgress(1, 0, wire, null, null, null) }),
                    TimeSpan.FromSeconds(10 * i)).State;
                var step = TransferPilot.Step(
                    state,
                    new PilotRound(new Round(i, 1_000, 500 * Mbit, 1_000_000, 1_000, 500 * Mbit, 1_000)),
                    TimeSpan.FromSeconds(10 * i));
                raised = step.State.Rate > 100 * Mbit;
                state = step.State;
            }

            return raised;
        }
    }

    [Fact]
    public void Another_policy_climbs_its_own_ladder_from_the_foot()
    {
        var policy = new TransferPolicy(0, 300) { Convergence = ConvergencePolicy.Balanced, DowntimeLimitMsMost = 60_000 };
        var state = Begin(policy);
        var told = new List<DecisionKind>();
        Play(20);
        told.ShouldBe([DecisionKind.Throttle, DecisionKind.Throttle, DecisionKind.Throttle, DecisionKind.AwaitDeadline]);
        state.Limits.ThrottlePercent.ShouldBe(50);
        state = TransferPilot.Step(
            state, new PilotPolicy(policy with { Convergence = ConvergencePolicy.MustFinish }), TimeSpan.FromSeconds(200)).State;
        state.Limits.ShouldBe(new TransferLimits(0, Limits.Convergence.HeldBackMs, 50), "what slows the guest stays");
        told.Clear();
        Play(20);
        told.ShouldContain(DecisionKind.RaiseDowntime);
        state = TransferPilot.Step(
            state, new PilotPolicy(policy with { Convergence = ConvergencePolicy.GiveUp }), TimeSpan.FromSeconds(500)).State;
        state.Limits.ShouldBe(new TransferLimits(0, Limits.Convergence.HeldBackMs, 0), "it may not be slowed any more");

        void Play(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                var step = TransferPilot.Step(state, RoundThatLeaves(100_000), TimeSpan.FromSeconds(200 + (10 * i)));
                told.AddRange(step.Told.Select(d => d.Kind));
                state = step.State;
            }
        }
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

    private static TransferProgress Progress { get; } = new(1, 0, 0, 0, 1L << 40, 0, 0, null);

    private static PilotState Packed(PilotState state, long before, long after) => TransferPilot.Step(
        state, new PilotProgress(Progress with { PageWork = new PageWorkProgress(0, 0, 0, 0, 0, 0, before, after, 1) }),
        TimeSpan.FromSeconds(1)).State;

    private static PilotState Begin(TransferPolicy policy) => TransferPilot.Begin(policy, 0, 0, Hour, TimeSpan.Zero);

    private static PilotRound RoundThatLeaves(long pages) =>
        new(new Round(1, 1_000, 12_500_000, pages, 10_000, 12_500_000, 1_000));
}
