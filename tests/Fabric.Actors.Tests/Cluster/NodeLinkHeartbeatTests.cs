using Fabric.Actors.Cluster;
using Fabric.Protocol;
using static Fabric.Actors.Tests.Cluster.HubFixture;

namespace Fabric.Actors.Tests.Cluster;

public sealed class NodeLinkHeartbeatTests
{
    private readonly HubFixture _at = new();

    [Fact]
    public async Task A_ping_is_sent_each_interval()
    {
        var (pair, _) = await _at.GreetAsync("a");
        for (var i = 0; i < 3; i++)
        {
            _at.Time.Advance(_at.Settings.PingEvery);
            (await HearAsync(pair.Client)).ShouldBe("""{"ping":{}}""");
        }
    }

    [Fact]
    public async Task A_silent_host_is_dead_after_the_limit_and_not_before()
    {
        var (pair, session) = await _at.GreetAsync("a");
        _at.Time.Advance(_at.Settings.DeadAfter - TimeSpan.FromTicks(1));
        _at.Hub.TrySend(HostId.Of("a"), "still").ShouldBeTrue();

        _at.Time.Advance(TimeSpan.FromTicks(1));
        (await HearCloseAsync(pair.Client)).ShouldContain("PeerSilent");
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.PeerSilent);
        (await _at.Events.NextAsync()).ShouldBe("a disconnected PeerSilent");
    }

    [Fact]
    public async Task A_host_that_pings_lives()
    {
        var (pair, session) = await _at.GreetAsync("a");
        for (var i = 0; i < 10; i++)
        {
            _at.Time.Advance(_at.Settings.DeadAfter - TimeSpan.FromTicks(1));
            await SayAsync(pair.Client, """{"ping":{}}""");
            // The message's event says that the ping before it was read.
            await SayAsync(pair.Client, """{"message":"x"}""");
            (await _at.Events.NextAsync()).ShouldBe("a: x");
        }

        session.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task The_time_that_our_own_handler_takes_is_not_held_against_the_host()
    {
        var entered = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        _at.Events.OnMessage = async (_, _) =>
        {
            entered.TrySetResult();
            await leave.Task;
        };
        var (pair, session) = await _at.GreetAsync("a");
        await SayAsync(pair.Client, """{"message":"slow"}""");
        await entered.Task.WaitAsync(HangGuard);
        _at.Time.Advance(3 * _at.Settings.DeadAfter);
        leave.SetResult();

        (await _at.Events.NextAsync()).ShouldBe("a: slow");
        session.IsCompleted.ShouldBeFalse();
        _at.Hub.TrySend(HostId.Of("a"), "x").ShouldBeTrue();
    }

    [Fact]
    public async Task A_handler_that_waits_is_cancelled_when_its_session_ends()
    {
        var entered = new TaskCompletionSource();
        _at.Events.OnMessage = async (_, ended) =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.Infinite, ended);
        };
        var (pair, session) = await _at.GreetAsync("a");
        await SayAsync(pair.Client, """{"message":"slow"}""");
        await entered.Task.WaitAsync(HangGuard);
        _at.Hub.Disconnect(HostId.Of("a"), "asked to").ShouldBeTrue();

        (await HearCloseAsync(pair.Client)).ShouldContain("Stopped: asked to");
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.Stopped);
    }
}
