using System.Net.WebSockets;
using Fabric.Actors.Cluster;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Transport.Security;
using static Fabric.Actors.Tests.Cluster.HubFixture;

namespace Fabric.Actors.Tests.Cluster;

public sealed class NodeLinkHubTests
{
    private readonly HubFixture _at = new();

    [Fact]
    public async Task A_host_is_welcomed_and_messages_pass_both_ways()
    {
        var (pair, session) = _at.Connect("a");
        await SayAsync(pair.Client, Hello("a"));

        (await HearAsync(pair.Client)).ShouldBe(
            """{"welcome":{"version":1,"coordinator":"c1","instance":"boot-1"}}""");
        (await _at.Events.NextAsync()).ShouldBe("a connected as i1 v1");
        _at.Hub.Hosts.ShouldBe([HostId.Of("a")]);

        await SayAsync(pair.Client, """{"message":"up"}""");
        (await _at.Events.NextAsync()).ShouldBe("a: up");
        _at.Hub.TrySend(HostId.Of("a"), "down").ShouldBeTrue();
        (await HearAsync(pair.Client)).ShouldBe("""{"message":"down"}""");

        await pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "Stopped: bye", default);
        var end = await session.WaitAsync(HangGuard);
        end.ShouldBe(new LinkEnd(LinkFault.PeerClosed, "Stopped: bye", LinkFault.Stopped));
        (await _at.Events.NextAsync()).ShouldBe("a disconnected PeerClosed(Stopped)");
        _at.Hub.Hosts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_can_be_sent_before_the_welcome_or_to_an_unknown_host()
    {
        var (pair, session) = _at.Connect("a");
        _at.Hub.TrySend(HostId.Of("a"), "early").ShouldBeFalse();
        _at.Hub.TrySend(HostId.Of("z"), "nobody").ShouldBeFalse();
        _at.Hub.Hosts.ShouldBeEmpty();

        pair.Client.Dispose();
        await session.WaitAsync(HangGuard);
        _at.Events.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_host_that_names_another_than_its_certificate_is_refused()
    {
        var (pair, session) = _at.Connect("a");
        await SayAsync(pair.Client, Hello("b"));

        (await HearCloseAsync(pair.Client)).ShouldBe(
            "PolicyViolation HostNameMismatch: node 'a' says hello as host 'b'");
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.HostNameMismatch);
        _at.Events.IsEmpty.ShouldBeTrue();
        _at.Hub.TrySend(HostId.Of("b"), "x").ShouldBeFalse();
    }

    [Fact]
    public async Task An_operator_is_refused_even_under_a_hosts_name()
    {
        var pair = new WebSocketPair();
        var session = _at.Hub.AcceptAsync(
            pair.Server, new PeerIdentity("a", PeerRole.Operator), default);
        await SayAsync(pair.Client, Hello("a"));

        (await HearCloseAsync(pair.Client)).ShouldContain("HostNameMismatch");
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.HostNameMismatch);
    }

    [Fact]
    public async Task A_newer_connection_replaces_the_older_and_is_told_after_its_end()
    {
        var (first, older) = await _at.GreetAsync("a", "i1");
        var (second, newer) = _at.Connect("a");
        await SayAsync(second.Client, Hello("a", "i2"));

        (await HearCloseAsync(first.Client)).ShouldBe("PolicyViolation Replaced: a newer connection of host a");
        (await older.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.Replaced);
        (await _at.Events.NextAsync()).ShouldBe("a disconnected Replaced");
        (await _at.Events.NextAsync()).ShouldBe("a connected as i2 v1");
        (await HearAsync(second.Client)).ShouldStartWith("{\"welcome\"");
        _at.Hub.TrySend(HostId.Of("a"), "to the newer").ShouldBeTrue();
        (await HearAsync(second.Client)).ShouldBe("""{"message":"to the newer"}""");
        newer.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task An_older_connection_that_is_cut_off_silently_is_dropped_for_the_newer()
    {
        var (_, older) = await _at.GreetAsync("a", "i1");
        var (second, _) = _at.Connect("a");
        await SayAsync(second.Client, Hello("a", "i2"));
        await _at.Time.ArmedAsync(_at.Settings.CloseWithin);
        _at.Time.Advance(_at.Settings.CloseWithin);

        (await older.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.Replaced);
        (await HearAsync(second.Client)).ShouldStartWith("{\"welcome\"");
    }

    [Fact]
    public async Task One_host_more_than_allowed_is_refused_and_a_known_one_is_not()
    {
        var at = new HubFixture(new NodeLinkSettings { HostsMax = 1 });
        await at.GreetAsync("a");
        var (pair, session) = at.Connect("b");
        await SayAsync(pair.Client, Hello("b"));

        (await HearCloseAsync(pair.Client)).ShouldContain("TooManyHosts");
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.TooManyHosts);

        var (again, _) = at.Connect("a");
        await SayAsync(again.Client, Hello("a", "i2"));
        await at.Time.ArmedAsync(at.Settings.CloseWithin);
        at.Time.Advance(at.Settings.CloseWithin);
        (await HearAsync(again.Client)).ShouldStartWith("{\"welcome\"");
    }

    [Theory]
    [InlineData("1,2,3", 2)]
    [InlineData("2", 2)]
    [InlineData("1", 1)]
    public async Task The_highest_common_version_is_chosen(string offered, int chosen)
    {
        var at = new HubFixture(new NodeLinkSettings { Versions = [1, 2] });
        var (pair, _) = at.Connect("a");
        await SayAsync(pair.Client, Hello("a", versions: offered));
        (await HearAsync(pair.Client)).ShouldContain($"\"version\":{chosen},");
    }

    [Fact]
    public async Task Without_a_common_version_the_close_names_both_sides()
    {
        var (pair, _) = _at.Connect("a");
        await SayAsync(pair.Client, Hello("a", versions: "7,8"));
        (await HearCloseAsync(pair.Client)).ShouldBe(
            "PolicyViolation VersionMismatch: offered 7,8, spoken here 1; update the older side");
    }

    [Fact]
    public async Task A_host_that_never_greets_is_closed()
    {
        var (pair, session) = _at.Connect("a");
        _at.Time.Advance(_at.Settings.HelloWithin);
        (await HearCloseAsync(pair.Client)).ShouldContain("HelloTimedOut");
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.HelloTimedOut);
    }

    [Fact]
    public async Task Stop_closes_every_session_with_a_reason_and_takes_no_new_one()
    {
        var (pair, session) = await _at.GreetAsync("a");
        var stopping = _at.Hub.StopAsync();
        (await HearCloseAsync(pair.Client)).ShouldBe("EndpointUnavailable Stopped: the coordinator stops");
        await stopping.WaitAsync(HangGuard);
        (await session).Fault.ShouldBe(LinkFault.Stopped);
        (await _at.Events.NextAsync()).ShouldBe("a disconnected Stopped");

        var (late, refused) = _at.Connect("b");
        (await HearCloseAsync(late.Client)).ShouldContain("Stopped");
        (await refused.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.Stopped);
    }
}
