using Fabric.Host.Cli;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Cli;

public class LinkTextTests
{
    [Fact]
    public void What_was_measured_is_said_and_what_was_not_is_left_out()
    {
        LinkText.Of(new LinkProgress(2, 2_500_000, 2_450_000, 50.4, 0.1234, 17))
            .ShouldBe("19.6 Mbit/s of 20 Mbit/s on the wire, round trip 50.4 ms, 0.12 % sent again by TCP (17 segments), 2 connections");
        LinkText.Of(new LinkProgress(1, 0, 12_500_000, null, null, null)).ShouldBe("100 Mbit/s on the wire, 1 connection");
    }

    [Fact]
    public void Link_between_sites_says_the_share_or_who_is_before()
    {
        LinkText.Of(new LineSight("east - west", Admitted: false, 0, 2)).ShouldBe("east - west: waits for a place, 2 before it");
        LinkText.Of(new LineSight("east - west", Admitted: true, 6_250_000, 0)).ShouldBe("east - west: a share of 50 Mbit/s");
        LinkText.Of(new LineSight("east - west", Admitted: true, 0, 0)).ShouldBe("east - west: no limit");
        LinkText.Of(new LineSight("east - west", Admitted: true, 0, 0) { State = LineState.Degraded })
            .ShouldBe("east - west (degraded): no limit");
        LinkText.Of(new LineSight("east - west", Admitted: false, 0, 2) { State = LineState.Down, Held = true })
            .ShouldBe("east - west is down: no attempt begins before it is up");
        LinkText.Of(new LineSight("east - west", Admitted: true, 0, 0) { Held = true })
            .ShouldBe("east - west is being measured: no attempt begins before");
    }

    [Fact]
    public void A_policy_that_waits_for_the_deadline_says_what_would_help()
    {
        var text = DecisionText.Of(new TransferDecision(4, DecisionKind.AwaitDeadline, 0, "2 rounds did not shrink"));
        text.ShouldStartWith("does not converge, waits for the deadline: 2 rounds did not shrink");
        text.ShouldContain("--policy must-finish");
    }
}
