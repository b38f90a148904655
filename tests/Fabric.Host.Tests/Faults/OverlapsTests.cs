using Fabric.Host.Faults.Truth;
using FsCheck;
using FsCheck.Fluent;
using static Fabric.Host.Tests.Faults.Clock;

namespace Fabric.Host.Tests.Faults;

public sealed class OverlapsTests
{
    [Fact]
    public void Two_copies_that_ran_at_one_moment_are_found_however_short_it_was()
    {
        var found = Overlaps.Find(
        [
            Copy("host-a/e1", isAlive: true, [Run(0, 100.001)]),
            Copy("host-b/e1-t4-a1", isAlive: true, [Run(100, null)]),
        ]);
        found.ShouldHaveSingleItem().ShouldContain("host-a/e1 ran from");
    }

    [Fact]
    public void Copies_that_follow_each_other_do_not_overlap() => Overlaps.Find(
    [
        Copy("host-a/e1", isAlive: true, [Run(0, 100), Run(300, null)]),
        Copy("host-b/e1-t4-a1", isAlive: false, [Run(100, 300)]),
    ]).ShouldBeEmpty();

    [Fact]
    public void Two_copies_without_an_end_overlap() => Overlaps.Find(
    [
        Copy("host-a/e1", isAlive: true, [Run(0, null)]),
        Copy("host-b/e1-t4-a1", isAlive: true, [Run(500, null)]),
    ]).Count.ShouldBe(1);

    [Fact]
    public void Longest_gap_is_between_runs_of_any_copies() => Overlaps.LongestGap(
    [
        Copy("host-a/e1", isAlive: false, [Run(0, 100), Run(110, 200)]),
        Copy("host-b/e1-t4-a1", isAlive: true, [Run(270, null)]),
    ]).ShouldBe(TimeSpan.FromMilliseconds(70));

    [Fact]
    public void Whole_milliseconds_tell_the_same_as_counting_moments()
    {
        var runs = Gen.Choose(0, 40).Two()
            .Select(p => (From: Math.Min(p.Item1, p.Item2), To: Math.Max(p.Item1, p.Item2)));
        Prop.ForAll(Arb.From(runs), Arb.From(runs), (a, b) =>
        {
            var both = Enumerable.Range(0, 40).Any(t => a.From <= t && t < a.To && b.From <= t && t < b.To);
            return Run(a.From, a.To).Overlaps(Run(b.From, b.To)) == both || a.From == a.To || b.From == b.To;
        }).QuickCheckThrowOnFailure();
    }
}
