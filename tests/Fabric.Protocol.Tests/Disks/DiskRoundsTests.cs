namespace Fabric.Protocol.Tests.Disks;

public sealed class DiskRoundsTests
{
    private const long Mib = 1L << 20;

    private static DiskDecision Run(DiskRounds rounds, params DiskRound[] all)
    {
        var decision = default(DiskDecision);
        foreach (var round in all)
            (rounds, decision) = rounds.After(round);
        return decision;
    }

    [Fact]
    public void Rest_that_fits_into_a_pause_ends_the_rounds() =>
        Run(new DiskRounds(0), new DiskRound(2048 * Mib, 80_000, Limits.Disks.ReadyBytes)).Step.ShouldBe(DiskStep.Ready);

    [Fact]
    public void Rest_that_a_fast_line_carries_in_a_moment_ends_them_too()
    {
        // 1 GiB a second: 50 ms are 51 MiB.
        Run(new DiskRounds(0), new DiskRound(1024 * Mib, 1_000, 40 * Mib)).Step.ShouldBe(DiskStep.Ready);
        Run(new DiskRounds(0), new DiskRound(1024 * Mib, 1_000, 60 * Mib)).Step.ShouldBe(DiskStep.Round);
    }

    [Fact]
    public void Rounds_go_on_as_long_as_they_shrink() => Run(
        new DiskRounds(Limits.Disks.WritesBytesPerSecondMin),
        new DiskRound(2048 * Mib, 80_000, 160 * Mib), new DiskRound(160 * Mib, 6_400, 80 * Mib),
        new DiskRound(80 * Mib, 3_200, 40 * Mib), new DiskRound(40 * Mib, 1_600, 20 * Mib)).Step.ShouldBe(DiskStep.Round);

    [Fact]
    public void Rounds_that_do_not_shrink_end_when_the_guest_may_not_be_slowed()
    {
        var same = new DiskRound(100 * Mib, 4_000, 100 * Mib);
        Run(new DiskRounds(0), same, same).Step.ShouldBe(DiskStep.Round);
        Run(new DiskRounds(0), same, same, same).Step.ShouldBe(DiskStep.Ready);
    }

    [Fact]
    public void Guest_that_may_be_slowed_is_held_to_half_of_the_line_and_then_to_less_and_less()
    {
        var same = new DiskRound(100 * Mib, 4_000, 100 * Mib);
        Run(new DiskRounds(Limits.Disks.WritesBytesPerSecondMin), same, same, same).ShouldBe(new DiskDecision(DiskStep.Slow, 100 * Mib / 4 / 2));
        Run(new DiskRounds(Limits.Disks.WritesBytesPerSecondMin), same, same, same, same, same).ShouldBe(new DiskDecision(DiskStep.Slow, 100 * Mib / 4 / 4));
    }

    /// <summary>Rounds in the background that hardly copy anything do not get smaller, and tell nothing of the line.</summary>
    [Fact]
    public void Burst_behind_rounds_that_were_enough_slows_nobody()
    {
        var idle = new DiskRound(64 << 10, 50, 64 << 10);
        var burst = new DiskRound(128 << 10, 50, 8 * Mib);
        Run(new DiskRounds(Limits.Disks.WritesBytesPerSecondMin), idle, idle, idle, burst).Step.ShouldBe(DiskStep.Round);
        Run(new DiskRounds(Limits.Disks.WritesBytesPerSecondMin), idle, burst, burst, burst).Step.ShouldBe(DiskStep.Round);
    }

    [Fact]
    public void Guest_is_not_slowed_to_a_standstill()
    {
        var slow = new DiskRound(2 * Mib, 20_000, 2 * Mib);
        Run(new DiskRounds(Limits.Disks.WritesBytesPerSecondMin), slow, slow, slow)
            .ShouldBe(new DiskDecision(DiskStep.Slow, Limits.Disks.WritesBytesPerSecondMin));
        Run(new DiskRounds(Limits.Disks.WritesBytesPerSecondMin), slow, slow, slow, slow, slow).Step.ShouldBe(DiskStep.Ready);
    }

    [Fact]
    public void Round_of_nothing_in_no_time_is_no_division_by_zero() =>
        Run(new DiskRounds(Limits.Disks.WritesBytesPerSecondMin), new DiskRound(0, 0, 0)).Step.ShouldBe(DiskStep.Ready);

    [Fact]
    public void Writes_are_never_held_below_what_the_policy_says()
    {
        var same = new DiskRound(100 * Mib, 4_000, 100 * Mib);
        var rounds = new DiskRounds(10 * Mib);
        Run(rounds, same, same, same).ShouldBe(new DiskDecision(DiskStep.Slow, 100 * Mib / 4 / 2));
        Run(rounds, same, same, same, same, same).ShouldBe(new DiskDecision(DiskStep.Slow, 10 * Mib));
        Run(rounds, same, same, same, same, same, same, same).Step.ShouldBe(DiskStep.Ready);
    }

    [Fact]
    public void Another_bound_lets_go_of_writes_that_are_held_to_less_and_may_slow_them_further()
    {
        var same = new DiskRound(100 * Mib, 4_000, 100 * Mib);
        var rounds = new DiskRounds(Mib);
        foreach (var round in new[] { same, same, same })
            (rounds, _) = rounds.After(round);
        rounds.ThrottleBytesPerSecond.ShouldBe(100 * Mib / 8);
        rounds.Under(Mib).ShouldBe(rounds);
        rounds.Under(0).ThrottleBytesPerSecond.ShouldBe(0);
        rounds.Under(20 * Mib).ThrottleBytesPerSecond.ShouldBe(20 * Mib);
        rounds.Under(2 * Mib).ThrottleBytesPerSecond.ShouldBe(100 * Mib / 8);
        new DiskRounds(0).Under(Mib).ThrottleBytesPerSecond.ShouldBe(0);
        Run(rounds.Under(0), same, same, same).Step.ShouldBe(DiskStep.Ready);
    }

    [Fact]
    public void Copy_that_may_be_synchronous_is_when_rounds_are_over_and_not_before()
    {
        var rounds = new DiskRounds(0, MaySynchronous: true);
        Run(rounds, new DiskRound(2048 * Mib, 80_000, 160 * Mib)).Step.ShouldBe(DiskStep.Round);
        Run(rounds, new DiskRound(2048 * Mib, 80_000, 0)).Step.ShouldBe(DiskStep.Synchronous);
        var same = new DiskRound(100 * Mib, 4_000, 100 * Mib);
        Run(rounds, same, same).Step.ShouldBe(DiskStep.Round);
        Run(rounds with { WritesMin = 1 }, same, same, same).Step.ShouldBe(DiskStep.Synchronous);
    }

    [Fact]
    public void Copy_that_broke_too_often_is_left_at_rounds()
    {
        var same = new DiskRound(100 * Mib, 4_000, 100 * Mib);
        var rounds = new DiskRounds(Mib, MaySynchronous: true);
        var steps = new List<DiskStep>();
        for (var i = 0; i < 3 * (Limits.Disks.MirrorsMax + 1); i++)
        {
            (rounds, var decision) = rounds.After(same);
            steps.Add(decision.Step);
        }

        steps.Count(s => s == DiskStep.Synchronous).ShouldBe(Limits.Disks.MirrorsMax);
        steps[^1].ShouldBe(DiskStep.Slow);
        rounds.After(same with { DirtyBytes = 0 }).Decision.Step.ShouldBe(DiskStep.Ready);
    }
}
