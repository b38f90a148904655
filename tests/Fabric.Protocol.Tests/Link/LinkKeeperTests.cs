namespace Fabric.Protocol.Tests.Link;

public class LinkKeeperTests
{
    private static readonly LinkTerms Terms = new(Connections: 2, HeartbeatMs: 1_000, ReconnectForMs: 60_000);
    private readonly LinkKeeper _keeper = new(LinkSide.Source, Terms, mayDial: true, now: 1);

    [Fact]
    public void A_source_makes_the_connections_that_are_wanted_and_a_target_none()
    {
        Acts(_keeper, 1).ShouldBe([new LinkAct(LinkActKind.Dial, 0), new LinkAct(LinkActKind.Dial, 1)]);
        Acts(_keeper, 100).ShouldBeEmpty();
        Acts(new LinkKeeper(LinkSide.Target, Terms, mayDial: false, 1), 100).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(50, 4_000)]
    [InlineData(600, 14_400)]
    public void A_long_path_is_dead_after_a_longer_silence(int roundTripMs, int deadAfterMs)
    {
        _keeper.Opened(0, 1);
        _keeper.Want(1, 1);
        _keeper.Measured(roundTripMs);
        long now = 1;
        while (!Acts(_keeper, now).Contains(new LinkAct(LinkActKind.Close, 0)))
            now += 100;
        (now - 1).ShouldBe(deadAfterMs);
    }

    [Fact]
    public void A_lost_connection_is_tried_at_once_and_then_with_longer_and_longer_waits()
    {
        _keeper.Opened(0, 1);
        _keeper.Want(1, 1);
        _keeper.Lost(0, 1_000);
        var waits = new List<long>();
        for (long now = 1_000, last = 1_000; waits.Count < 9; now += 10)
        {
            if (!Acts(_keeper, now).Contains(new LinkAct(LinkActKind.Dial, 0)))
                continue;
            waits.Add(now - last);
            last = now;
            _keeper.DialFailed(0, now);
        }

        waits.ShouldBe([0, 100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000]);
    }

    [Fact]
    public void Without_any_connection_for_its_time_it_gives_up_once()
    {
        _keeper.Opened(0, 1);
        _keeper.Opened(1, 1);
        _keeper.Lost(0, 10_000);
        _keeper.DownSince.ShouldBeNull();
        _keeper.Lost(1, 20_000);
        _keeper.DownSince.ShouldBe(20_000);
        Acts(_keeper, 79_999).ShouldNotContain(a => a.Kind == LinkActKind.GiveUp);
        Acts(_keeper, 80_000).ShouldContain(new LinkAct(LinkActKind.GiveUp, 0));
        Acts(_keeper, 200_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_connection_that_comes_back_in_time_ends_the_wait()
    {
        _keeper.Opened(0, 1);
        _keeper.Lost(0, 10_000);
        _keeper.Opened(0, 69_000);
        (_keeper.DownSince, _keeper.UpSince).ShouldBe((null, 69_000));
        Acts(_keeper, 80_000).ShouldNotContain(a => a.Kind == LinkActKind.GiveUp);
        _keeper.Losses.ShouldBe(1);
    }

    [Fact]
    public void Without_patience_the_first_loss_of_all_ends_it()
    {
        var keeper = new LinkKeeper(LinkSide.Target, LinkTerms.Bare, mayDial: false, 1);
        keeper.Opened(0, 1);
        keeper.Lost(0, 5);
        keeper.TryTakeAct(out var act).ShouldBeTrue();
        act.Kind.ShouldBe(LinkActKind.GiveUp);
    }

    [Fact]
    public void Silence_of_four_beats_closes_a_connection_and_a_sign_of_life_does_not()
    {
        _keeper.Want(1, 1);
        _keeper.Opened(0, 1);
        Acts(_keeper, 1_001).ShouldBeEmpty();
        Acts(_keeper, 2_001).ShouldBeEmpty();
        Acts(_keeper, 3_001).ShouldBeEmpty();
        _keeper.Heard(0);
        for (var now = 4_001L; now < 7_001; now += 1_000)
            Acts(_keeper, now).ShouldBeEmpty();
        Acts(_keeper, 7_001).ShouldBe([new LinkAct(LinkActKind.Close, 0)]);
    }

    [Fact]
    public void A_clock_that_jumps_or_a_process_that_was_stopped_closes_nothing()
    {
        _keeper.Want(1, 1);
        _keeper.Opened(0, 1);
        Acts(_keeper, 600_001).ShouldBeEmpty();
        Acts(_keeper, 5).ShouldBeEmpty();
        Acts(_keeper, 600_002).ShouldBeEmpty();
    }

    [Fact]
    public void A_beat_is_owed_after_a_heartbeat_of_saying_nothing()
    {
        _keeper.Opened(0, 1);
        _keeper.OwesBeat(0).ShouldBeFalse();
        Acts(_keeper, 1_001);
        _keeper.OwesBeat(0).ShouldBeTrue();
        _keeper.Beaten(0);
        _keeper.OwesBeat(0).ShouldBeFalse();
        _keeper.OwesBeat(1).ShouldBeFalse("it is not open");
    }

    [Fact]
    public void The_number_of_connections_can_change_under_way()
    {
        _keeper.Opened(0, 1);
        _keeper.Opened(1, 1);
        _keeper.Want(4, 10);
        Acts(_keeper, 10).ShouldBe([new LinkAct(LinkActKind.Dial, 2), new LinkAct(LinkActKind.Dial, 3)]);
        _keeper.Opened(2, 20);
        _keeper.Want(1, 30);
        _keeper.DialFailed(3, 31);
        (_keeper.IsSurplus(0), _keeper.IsSurplus(1), _keeper.IsSurplus(2)).ShouldBe((false, true, true));
        _keeper.Lost(1, 40);
        _keeper.Losses.ShouldBe(0, "it was one too many");
        Acts(_keeper, 50).ShouldBeEmpty();
        Should.Throw<ArgumentOutOfRangeException>(() => _keeper.Want(0, 1));
        Should.Throw<ArgumentOutOfRangeException>(() => _keeper.Want(17, 1));
    }

    [Fact]
    public void A_number_lets_in_once_and_no_older_one_after_it()
    {
        var gate = new ResumeGate();
        gate.TryPass(0, 0).ShouldBeFalse();
        gate.TryPass(0, 1).ShouldBeTrue();
        gate.TryPass(0, 1).ShouldBeFalse();
        gate.TryPass(0, 5).ShouldBeTrue();
        gate.TryPass(0, 4).ShouldBeFalse();
        gate.TryPass(1, 1).ShouldBeTrue();
    }

    private static List<LinkAct> Acts(LinkKeeper keeper, long now)
    {
        keeper.Tick(now);
        var acts = new List<LinkAct>();
        while (keeper.TryTakeAct(out var act))
            acts.Add(act);
        return acts;
    }
}
