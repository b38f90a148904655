using System.Globalization;

namespace Fabric.Protocol.Tests.Convergence;

/// <summary>
/// Transcripts: what each round leaves in MB at 100 Mbit/s (80 ms a MB), and what is decided. A guest of 100 MB, a limit
/// of 300 ms (3.75 MB), ten minutes' time and ten seconds a round.
/// </summary>
public sealed class DecisionTests
{
    [Fact]
    public void What_fits_the_downtime_budget_is_switched_over() => Play(ConvergencePolicy.Balanced, [60, 20, 5, 3.7])
        .ShouldBe("""
            60     go on          rounds shrink
            20     go on          rounds shrink
            5      go on          rounds shrink
            3.7    switch 300     3.7 MB left need 296 ms at 100 Mbit/s, which fits
            """);

    [Fact]
    public void Hypervisor_that_did_not_find_its_moment_keeps_the_limit_that_it_was_given() =>
        Play(ConvergencePolicy.Balanced, [3, 9, 2.9]).ShouldBe("""
            3      switch 300     3.0 MB left need 240 ms at 100 Mbit/s, which fits
            9      go on          rounds shrink
            2.9    go on          it may switch over
            """);

    [Fact]
    public void Balanced_slows_the_guest_to_a_half_and_then_allows_a_longer_downtime() =>
        Play(ConvergencePolicy.Balanced, [20, 20, 20, 19, 18.5, 12, 11, 11, 11.1, 11, 9]).ShouldBe("""
            20     go on          rounds shrink
            20     go on          one round is no proof
            20     throttle 20    2 rounds did not shrink
            19     go on          one round is no proof
            18.5   throttle 40    2 rounds did not shrink
            12     go on          rounds shrink
            11     go on          one round is no proof
            11     throttle 50    2 rounds did not shrink
            11.1   go on          one round is no proof
            11     raise 1056     2 rounds did not shrink; 11.0 MB left need 880 ms at 100 Mbit/s
            9      go on          it may switch over
            """);

    [Fact]
    public void Low_downtime_slows_the_guest_as_far_as_it_goes_and_allows_nothing_longer() =>
        Play(ConvergencePolicy.LowDowntime, [.. Enumerable.Repeat(8.0, 14)]).ShouldBe("""
            8      go on          rounds shrink
            8      go on          one round is no proof
            8      throttle 20    2 rounds did not shrink
            8      go on          one round is no proof
            8      throttle 40    2 rounds did not shrink
            8      go on          one round is no proof
            8      throttle 60    2 rounds did not shrink
            8      go on          one round is no proof
            8      throttle 80    2 rounds did not shrink
            8      go on          one round is no proof
            8      throttle 99    2 rounds did not shrink
            8      go on          one round is no proof
            8      await deadline 2 rounds did not shrink; 8.0 MB left need 640 ms at 100 Mbit/s; the policy has nothing left to do, and the deadline is 7.8 min away
            8      go on          one round is no proof
            """);

    [Fact]
    public void Give_up_gives_up_as_soon_as_rounds_no_longer_shrink() =>
        Play(ConvergencePolicy.GiveUp, [30, 10, 10, 10, 1]).ShouldBe("""
            30     go on          rounds shrink
            10     go on          rounds shrink
            10     go on          one round is no proof
            10     give up        2 rounds did not shrink; 10.0 MB left need 800 ms at 100 Mbit/s
            1      go on          it is over
            """);

    [Fact]
    public void Must_finish_allows_four_times_the_downtime_first() =>
        Play(ConvergencePolicy.MustFinish, [12, 12, 12]).ShouldBe("""
            12     go on          rounds shrink
            12     go on          one round is no proof
            12     raise 1152     2 rounds did not shrink; 12.0 MB left need 960 ms at 100 Mbit/s
            """);

    [Fact]
    public void Must_finish_stops_the_guest_for_as_long_as_any_policy_may_when_the_deadline_nears() =>
        Play(ConvergencePolicy.MustFinish, [80, 80], minutes: 0.48).ShouldBe("""
            80     go on          rounds shrink
            80     switch 30000   the deadline is 8.8 s away; 80.0 MB left need 6400 ms at 100 Mbit/s
            """);

    [Fact]
    public void Others_give_up_when_the_deadline_nears_and_what_is_left_does_not_fit() =>
        Play(ConvergencePolicy.Balanced, [80, 80], minutes: 0.36).ShouldBe("""
            80     go on          rounds shrink
            80     give up        the deadline is 1.6 s away; 80.0 MB left need 6400 ms at 100 Mbit/s
            """);

    [Fact]
    public void Near_the_deadline_the_ladders_longest_downtime_is_allowed_at_once() =>
        Play(ConvergencePolicy.Balanced, [80, 14], minutes: 0.39).ShouldBe("""
            80     go on          rounds shrink
            14     switch 1200    the deadline is 3.4 s away; 14.0 MB left need 1120 ms at 100 Mbit/s
            """);

    [Fact]
    public void Post_copy_is_taken_when_a_ladder_has_it() => Play(
        new ConvergenceRules(300, [new Rung(LadderStep.PostCopy)], false), [12, 12, 12, 3], 10).ShouldBe("""
            12     go on          rounds shrink
            12     go on          one round is no proof
            12     post-copy      2 rounds did not shrink
            3      go on          it is over
            """);

    [Fact]
    public void Higher_rate_comes_before_any_rung_while_there_is_one()
    {
        var rules = ConvergenceRules.Of(ConvergencePolicy.GiveUp, 300, 300);
        var state = ConvergenceState.Initial with { Least = 10_000_000, RoundsWithoutGain = 1 };
        var sight = Sight(5, 10, 600);
        ConvergenceMachine.Decide(rules, state, sight with { RateMayRise = true }).Decision
            .ShouldBe(new ConvergenceDecision.RaiseRate("2 rounds did not shrink"));
        ConvergenceMachine.Decide(rules, state, sight).Decision.ShouldBeOfType<ConvergenceDecision.GiveUp>();
    }

    [Fact]
    public void Must_finish_gives_up_what_no_longer_fits_before_the_deadline() =>
        Play(ConvergencePolicy.MustFinish, [80, 80], minutes: 0.36).ShouldBe("""
            80     go on          rounds shrink
            80     give up        the deadline is 1.6 s away; 80.0 MB left need 6400 ms at 100 Mbit/s
            """);

    [Fact]
    public void Bad_first_figures_of_the_line_give_nothing_up_while_there_is_time()
    {
        var rules = ConvergenceRules.Of(ConvergencePolicy.Balanced, 300, 300);
        var early = Sight(1, 118, 118.5) with { Round = null, BytesPerSecond = 475_000, Elapsed = TimeSpan.FromSeconds(1) };
        var (state, decision) = ConvergenceMachine.Decide(rules, ConvergenceState.Initial, early);
        decision.ShouldBeOfType<ConvergenceDecision.GoOn>();
        state.IsOver.ShouldBeFalse();
    }

    [Fact]
    public void Bandwidth_that_is_not_known_decides_nothing()
    {
        var rules = ConvergenceRules.Of(ConvergencePolicy.Balanced, 300, 300);
        var (_, decision) = ConvergenceMachine.Decide(
            rules, ConvergenceState.Initial, Sight(1, 0.1, 600) with { BytesPerSecond = 0 });
        decision.ShouldBeOfType<ConvergenceDecision.GoOn>();
    }

    [Fact]
    public void Clarks_bounds_need_one_round_that_does_not_shrink_instead_of_two()
    {
        var rules = ConvergenceRules.Of(ConvergencePolicy.GiveUp, 300, 300);
        var state = ConvergenceState.Initial with { Least = 10_000_000 };
        ConvergenceMachine.Decide(rules, state, Sight(28, 10, 600)).Decision.ShouldBeOfType<ConvergenceDecision.GoOn>();
        ConvergenceMachine.Decide(rules, state, Sight(29, 10, 600)).Decision
            .ShouldBeOfType<ConvergenceDecision.GiveUp>().Why.ShouldStartWith("29 rounds;");
        ConvergenceMachine.Decide(rules, state, Sight(5, 10, 600) with { SentBytes = 300_000_001 }).Decision
            .ShouldBeOfType<ConvergenceDecision.GiveUp>().Why.ShouldStartWith("more than 3 times the memory was sent;");
    }

    private static string Play(ConvergencePolicy policy, IReadOnlyList<double> megabytesLeft, double minutes = 10) =>
        Play(ConvergenceRules.Of(policy, 300, 30_000), megabytesLeft, minutes);

    private static string Play(ConvergenceRules rules, IReadOnlyList<double> megabytesLeft, double minutes)
    {
        var state = ConvergenceState.Initial;
        var lines = new List<string>();
        for (var i = 0; i < megabytesLeft.Count; i++)
        {
            (state, var decision) = ConvergenceMachine.Decide(
                rules, state, Sight(i + 1, megabytesLeft[i], (minutes * 60) - (10 * (i + 1))) with
                {
                    Elapsed = TimeSpan.FromSeconds(10 * (i + 1)),
                });
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"{megabytesLeft[i],-7}{Word(decision),-15}{decision.Why}"));
        }

        return string.Join(Environment.NewLine, lines);
    }

    private static PreCopySight Sight(int round, double megabytesLeft, double secondsToDeadline) => new(
        (long)(megabytesLeft * 1e6), 12_500_000, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(secondsToDeadline),
        new Round(round, 0, 0, 0, 0, 12_500_000, 10_000), 100_000_000, 0, RateMayRise: false);

    private static string Word(ConvergenceDecision decision) => decision switch
    {
        ConvergenceDecision.GoOn => "go on",
        ConvergenceDecision.SwitchOver d => $"switch {d.LimitMs}",
        ConvergenceDecision.Throttle d => $"throttle {d.Percent}",
        ConvergenceDecision.RaiseDowntime d => $"raise {d.LimitMs}",
        ConvergenceDecision.PostCopy => "post-copy",
        ConvergenceDecision.GiveUp => "give up",
        ConvergenceDecision.AwaitDeadline => "await deadline ",
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, "not a decision"),
    };
}
