using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Protocol.Tests.Sites;

public sealed class LineHealthTests
{
    private static readonly HostId E1 = HostId.Of("e1");
    private static readonly HostId E2 = HostId.Of("e2");
    private static readonly HostId W1 = HostId.Of("w1");
    private static readonly HostId W2 = HostId.Of("w2");

    private LineHealth _line = LineHealth.Of(TimeSpan.Zero).Watched(TimeSpan.Zero);
    private TimeSpan _now = TimeSpan.Zero;

    [Fact]
    public void One_answer_and_it_is_up_and_before_that_nothing_begins()
    {
        _line.State.ShouldBe(LineState.Unknown);
        _line.Holds(_now).ShouldBeTrue("it may be down, and is being measured");
        Answer(50);
        _line.State.ShouldBe(LineState.Up);
        _line.Holds(_now).ShouldBeFalse();
        _line.Trip.ShouldBe(new RoundTrip(50, 25));
    }

    [Fact]
    public void What_nobody_measures_holds_nobody()
    {
        _now = TimeSpan.FromMilliseconds(Limits.Sites.MeasureFirstMs);
        _line.Holds(_now).ShouldBeFalse("hosts that should measure it do not tell");
        LineHealth.Of(TimeSpan.Zero).Holds(TimeSpan.FromMilliseconds(Limits.Rate.LineSettlesMs)).ShouldBeFalse();
    }

    [Fact]
    public void Three_questions_without_an_answer_and_it_is_down()
    {
        Answer(50);
        Miss();
        Miss();
        _line.State.ShouldBe(LineState.Up);
        Miss();
        _line.State.ShouldBe(LineState.Down);
        _line.Holds(_now).ShouldBeTrue();
        _line.Why.ShouldBe("e1 to w1: nothing");
        _line.Trip.ShouldBeNull();
    }

    [Fact]
    public void It_is_up_again_after_three_answers_in_a_row_and_not_before()
    {
        Down();
        Answer(50);
        Answer(50);
        Miss();
        Answer(50);
        Answer(50);
        _line.State.ShouldBe(LineState.Down);
        Answer(50);
        _line.State.ShouldBe(LineState.Up, "what was missed while it was down is not held against it");
    }

    [Fact]
    public void A_path_that_answers_every_second_question_never_flaps()
    {
        Answer(50);
        var states = new List<LineState>();
        for (var i = 0; i < 100; i++)
        {
            if (i % 2 == 0)
                Miss();
            else
                Answer(50);
            states.Add(_line.State);
        }

        Changes(states).ShouldBe([LineState.Up, LineState.Degraded]);
    }

    [Fact]
    public void Whatever_answers_and_fails_to_it_goes_down_only_after_three_misses_and_up_only_after_three_answers() =>
        Prop.ForAll(Gen.Elements(true, false).ListOf(60).ToArbitrary(), answers =>
        {
            var (line, now) = (LineHealth.Of(TimeSpan.Zero), TimeSpan.Zero);
            var (before, inARow, last) = (line.State, 0, (bool?)null);
            foreach (var answered in answers)
            {
                now += TimeSpan.FromMilliseconds(Limits.Sites.ProbeEveryMs);
                line = line.Heard(E1, new LineProbed("east~west", W1, answered, answered ? 50 : null), now);
                inARow = answered == last ? inARow + 1 : 1;
                last = answered;
                if (line.State == LineState.Down && before != LineState.Down)
                    (answered, inARow >= Limits.Sites.MissesForDown).ShouldBe((false, true));
                if (line.State != LineState.Down && before == LineState.Down)
                    (answered, inARow >= Limits.Sites.AnswersForUp).ShouldBe((true, true));
                line.Paths.Length.ShouldBe(1);
                before = line.State;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_long_path_is_given_the_time_that_it_takes()
    {
        // Round trips of 3 s that vary by 1 s: eight time-outs are more than three questions.
        for (var i = 0; i < 20; i++)
            Answer(i % 2 == 0 ? 2_000 : 4_000);
        for (var i = 0; i < 5; i++)
            Miss();
        _line.State.ShouldBe(LineState.Degraded);
        for (var i = 0; i < 30; i++)
            Miss();
        _line.State.ShouldBe(LineState.Down);
    }

    [Fact]
    public void One_of_two_ways_that_is_down_degrades_it_and_both_end_it()
    {
        Answer(50);
        Tell(W2, E2, answered: true, 50);
        for (var i = 0; i < 3; i++)
        {
            Answer(50);
            Tell(W2, E2, answered: false, null);
        }

        _line.State.ShouldBe(LineState.Degraded);
        _line.Why.ShouldBe("w2 to e2: nothing");
        for (var i = 0; i < 3; i++)
        {
            Miss();
            Tell(W2, E2, answered: false, null);
        }

        _line.State.ShouldBe(LineState.Down);
    }

    [Fact]
    public void A_second_way_that_comes_back_later_makes_it_up_at_once()
    {
        Answer(50);
        Tell(W2, E2, answered: true, 50);
        for (var i = 0; i < 3; i++)
        {
            Miss();
            Tell(W2, E2, answered: false, null);
        }

        _line.State.ShouldBe(LineState.Down);
        for (var i = 0; i < 3; i++)
            Answer(50);
        _line.State.ShouldBe(LineState.Degraded, "the other is down");
        for (var i = 0; i < 3; i++)
            Tell(W2, E2, answered: true, 50);
        _line.State.ShouldBe(LineState.Up);
    }

    [Fact]
    public void Who_is_not_connected_any_more_says_nothing_about_it()
    {
        Answer(50);
        Tell(W2, E2, answered: true, 50);
        for (var i = 0; i < 3; i++)
            Miss();
        _line.State.ShouldBe(LineState.Degraded);
        _line = _line.Among(ImmutableHashSet.Create(E1), _now);
        _line.State.ShouldBe(LineState.Down, "west is lost, and what its host said last is not how it is");
        _line = _line.Among([], _now);
        _line.State.ShouldBe(LineState.Unknown);
    }

    [Fact]
    public void What_is_not_reported_on_is_unknown_and_holds_nobody()
    {
        Down();
        _now += TimeSpan.FromMilliseconds(Limits.Sites.UnheardMs);
        _line = _line.Looked(_now);
        _line.State.ShouldBe(LineState.Unknown);
        _line.Holds(_now).ShouldBeFalse();
    }

    [Fact]
    public void Segments_that_are_sent_again_degrade_it_until_half_a_minute_after_they_are_few()
    {
        Answer(50);
        Carry(1_000, 0, 1_000_000);
        Carry(2_000, 19, 1_000_000);
        _line.State.ShouldBe(LineState.Up, "1.9 %");
        Carry(3_000, 45, 1_000_000);
        _line.State.ShouldBe(LineState.Degraded);
        _line.LossPercent(_now)!.Value.ShouldBe(2.25, 0.001);
        _line.Holds(_now).ShouldBeFalse("it goes on, and is told");
        var worse = _now;
        while (_line.State == LineState.Degraded)
            Answer(50);
        (_now - worse).TotalMilliseconds.ShouldBeInRange(
            Limits.Sites.GoodForMs, (Limits.Sites.WindowParts * Limits.Sites.WindowPartMs) + Limits.Sites.GoodForMs);
    }

    [Fact]
    public void Few_losses_are_chance()
    {
        Answer(50);
        Tell(E1, W1, answered: true, null, sent: 1, resent: 2);
        _line.LossPercent(_now).ShouldBe(200);
        _line.State.ShouldBe(LineState.Up);
    }

    [Fact]
    public void What_is_lost_is_forgotten_after_a_minute()
    {
        Answer(50);
        Tell(E1, W1, answered: true, 50, sent: 100, resent: 1);
        _line.LossPercent(_now).ShouldBe(1);
        for (var i = 0; i < Limits.Sites.WindowParts * Limits.Sites.WindowPartMs / Limits.Sites.ProbeEveryMs; i++)
            Tell(E1, W1, answered: true, 50, sent: 1);
        _line.LossPercent(_now).ShouldBe(0);
    }

    [Fact]
    public void A_round_trip_far_above_the_least_degrades_it()
    {
        for (var i = 0; i < 5; i++)
            Answer(50);
        for (var i = 0; i < 40; i++)
            Answer(180);
        _line.State.ShouldBe(LineState.Up, "a migration fills the queue before its line");
        for (var i = 0; i < 40; i++)
            Answer(400);
        _line.State.ShouldBe(LineState.Degraded);
        _line.Why.ShouldBe("the round trip is 398.9 ms, and 50 ms at its best");
    }

    [Fact]
    public void A_link_in_a_town_is_not_degraded_by_a_few_milliseconds()
    {
        for (var i = 0; i < 50; i++)
            Answer(i < 10 ? 0.5 : 20);
        _line.State.ShouldBe(LineState.Up);
    }

    [Fact]
    public void Migrations_tell_what_it_carries_and_the_most_of_it_is_kept()
    {
        Answer(50);
        Carry(0, 0, 10_000_000, "m-1");
        Carry(0, 0, 15_000_000, "m-2");
        _line.BytesPerSecond(_now).ShouldBe(25_000_000);
        _now += TimeSpan.FromMilliseconds(Limits.Sites.CarriedLastsMs);
        _line.BytesPerSecond(_now).ShouldBe(0);
        _line.BytesPerSecondMost.ShouldBe(25_000_000);
        _now += TimeSpan.FromMilliseconds(2 * Limits.Sites.ExtremeMs);
        Carry(0, 0, 1_000_000, "m-3");
        _line.BytesPerSecondMost.ShouldBe(1_000_000);
    }

    [Fact]
    public void Counters_that_begin_again_and_those_of_before_are_not_counted_twice()
    {
        Carry(10_000, 500, 1);
        _line.LossPercent(_now).ShouldBeNull("what was sent before this coordinator listened is not of the last minute");
        Carry(11_000, 500, 1);
        _line.LossPercent(_now).ShouldBe(0);
        Carry(1_000, 20, 1);
        _line.LossPercent(_now).ShouldBe(1, "another attempt");
    }

    [Fact]
    public void Time_out_that_migrations_know_changes_seldom()
    {
        var told = new List<int?>();
        for (var i = 0; i < 200; i++)
        {
            Answer(50 + (i % 7));
            told.Add(_line.TimeoutMs);
        }

        told.Distinct().Count().ShouldBeLessThanOrEqualTo(2);
        told[^1]!.Value.ShouldBeGreaterThanOrEqualTo(Limits.Sites.TimeoutMsMin);
        Miss();
        Miss();
        Miss();
        _line.TimeoutMs.ShouldBe(told[^1], "a link that is down is as long as it was");
    }

    [Fact]
    public void Ways_go_in_both_directions_between_different_hosts()
    {
        Ways(Site("east", "e1", "e2"), Site("west", "w1", "w2")).ShouldBe(["e1 w1", "w2 e2"]);
        Ways(Site("east", "e1"), Site("west", "w1")).ShouldBe(["e1 w1", "w1 e1"]);
        Ways(Lost("east", "e1", "e2"), Site("west", "w1", "w2")).ShouldBe(["w1 e1", "w2 e2"], "it is asked all the same");
        Ways(Lost("east", "e1"), Lost("west", "w1")).ShouldBeEmpty("nobody can be told to ask");
        Ways(SiteSight.Of(SiteId.Of("east"), [E1]), Site("west", "w1")).ShouldBeEmpty("nobody knows where e1 is");
    }

    [Fact]
    public void A_site_is_up_with_all_its_hosts_and_lost_without_any()
    {
        var site = Site("east", "e1", "e2");
        site.State.ShouldBe(SiteState.Up);
        site.With(E1, false, null).State.ShouldBe(SiteState.Partly);
        site.With(E1, false, null).With(E2, false, null).State.ShouldBe(SiteState.Lost);
        site.With(W1, true, null).ShouldSatisfyAllConditions(s => s.Hosts.Length.ShouldBe(2));
        site.With(E1, false, null).Hosts[0].Endpoint.ShouldNotBeNull("where it was is where it will be");
    }

    private static SiteSight Site(string name, params string[] hosts) => hosts.Aggregate(
        SiteSight.Of(SiteId.Of(name), hosts.Select(HostId.Of)),
        static (s, h) => s.With(HostId.Of(h), connected: true, new DataEndpoint(h, 7601)));

    private static SiteSight Lost(string name, params string[] hosts) => hosts.Aggregate(
        Site(name, hosts), static (s, h) => s.With(HostId.Of(h), connected: false, null));

    private static string[] Ways(SiteSight one, SiteSight other) =>
        [.. LineWay.Between(one, other).Select(static w => $"{w.From} {w.To}")];

    private static List<LineState> Changes(List<LineState> states) =>
        [.. states.Where((s, i) => i == 0 || s != states[i - 1])];

    private void Down()
    {
        Answer(50);
        for (var i = 0; i < 3; i++)
            Miss();
        _line.State.ShouldBe(LineState.Down);
    }

    private void Answer(double ms) => Tell(E1, W1, answered: true, ms);

    private void Miss() => Tell(E1, W1, answered: false, null);

    private void Tell(HostId from, HostId to, bool answered, double? ms, long sent = 0, long resent = 0)
    {
        // The first of two ways moves the clock.
        if (from == E1)
            _now += TimeSpan.FromMilliseconds(Limits.Sites.ProbeEveryMs);
        _line = _line.Heard(
            from, new LineProbed("east~west", to, answered, ms, sent, resent, answered ? null : "nothing"), _now);
    }

    private void Carry(long sent, long resent, long bytesPerSecond, string migration = "m-1") =>
        _line = _line.Carried(
            MigrationId.Of(migration),
            new LinkProgress(1, 0, bytesPerSecond, 50, null, resent) { SegmentsSent = sent }, _now);
}
