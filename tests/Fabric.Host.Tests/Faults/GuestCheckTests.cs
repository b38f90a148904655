using Fabric.Host.Faults.Guest;
using static Fabric.Host.Tests.Faults.Clock;

namespace Fabric.Host.Tests.Faults;

public sealed class GuestCheckTests
{
    private static readonly Verification Good = new(6144, 0);

    [Fact]
    public void Counters_that_rise_over_a_move_are_clean()
    {
        var check = GuestCheck.Of(
        [
            Copy("host-a/e1", isAlive: false, [Run(0, 250)], Beat(1, 100), Beat(2, 200)),
            Copy("host-b/e1-t4-a1", isAlive: true, [Run(300, null)], Beat(3, 350), Beat(4, 400)),
        ], Good, recovered: false);
        check.Clean.ShouldBeTrue();
        (check.Heartbeats, check.LastSeq, check.MissingHeartbeats, check.PagesVerified).ShouldBe((4, 4L, 0L, 6144L));
        check.MaxGapMs.ShouldBe(150);
    }

    [Fact]
    public void Target_that_loses_what_the_source_had_done_is_seen()
    {
        var check = GuestCheck.Of(
        [
            Copy("host-a/e1", isAlive: false, [Run(0, 250)], Beat(1, 100), Beat(2, 200)),
            Copy("host-b/e1-t4-a1", isAlive: true, [Run(300, null)], Beat(2, 350)),
        ], Good, recovered: false);
        check.Clean.ShouldBeFalse();
        check.Notes.ShouldHaveSingleItem().ShouldStartWith("counters went back from 2 (host-a/e1) to 2");
    }

    [Fact]
    public void Copy_that_runs_again_after_another_is_put_after_it()
    {
        var copies = new[]
        {
            Copy("host-a/e1", isAlive: true, [Run(0, 250), Run(900, null)], Beat(1, 100), Beat(2, 200), Beat(3, 950)),
            Copy("host-b/e1-t4-a1", isAlive: false, [Run(300, 800)], Beat(3, 350), Beat(4, 400)),
        };
        GuestCheck.Of(copies, Good, recovered: false).Clean.ShouldBeFalse();
        var recovered = GuestCheck.Of(copies, Good, recovered: true);
        recovered.Clean.ShouldBeTrue();
        recovered.Notes.ShouldHaveSingleItem().ShouldContain(
            "an operator let an older copy run, or started the VM anew");
    }

    [Fact]
    public void Recovery_excuses_one_setback_and_no_more() => GuestCheck.Of(
    [
        Copy("host-a/e1", isAlive: true, [Run(0, 250), Run(900, null)], Beat(2, 200), Beat(3, 950), Beat(1, 960)),
        Copy("host-b/e1-t4-a1", isAlive: false, [Run(300, 800)], Beat(4, 400)),
    ], Good, recovered: true).Clean.ShouldBeFalse();

    [Fact]
    public void Bad_page_in_any_heartbeat_is_not_clean() => GuestCheck.Of(
        [Copy("host-a/e1", isAlive: true, [Run(0, null)], Beat(1, 100), Beat(2, 200, bad: 1))], Good, recovered: false)
        .Bad.ShouldBe(1);

    [Fact]
    public void Bad_page_at_the_end_is_not_clean() => GuestCheck.Of(
        [Copy("host-a/e1", isAlive: true, [Run(0, null)], Beat(1, 100))], new Verification(6144, 3), recovered: false)
        .Clean.ShouldBeFalse();

    [Fact]
    public void Guest_that_could_not_be_asked_is_not_clean() => GuestCheck.Of(
        [Copy("host-a/e1", isAlive: true, [Run(0, null)], Beat(1, 100))], null, recovered: false).Clean.ShouldBeFalse();

    [Fact]
    public void More_missing_heartbeats_than_moves_can_tear_are_not_clean()
    {
        GuestCheck.Of([Copy("host-a/e1", isAlive: true, [Run(0, null)], Beat(1, 100), Beat(3, 200))], Good, false)
            .Clean.ShouldBeTrue();
        GuestCheck.Of([Copy("host-a/e1", isAlive: true, [Run(0, null)], Beat(1, 100), Beat(4, 200))], Good, false)
            .Clean.ShouldBeFalse();
    }
}
