using System.Net.WebSockets;
using Fabric.Actors.Cluster;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Testing.Link;
using Microsoft.Extensions.Logging.Abstractions;
using static Fabric.Actors.Tests.Cluster.HubFixture;

namespace Fabric.Actors.Tests.Cluster;

public sealed class NodeLinkClientTests : IAsyncLifetime
{
    private const string Welcome = """{"welcome":{"version":1,"coordinator":"c1","instance":"boot-1"}}""";

    private readonly ManualTime _time = new();
    private readonly LinkEvents _events = new();
    private readonly PairConnector _connector = new();
    private readonly NodeLinkSettings _settings = new();
    private readonly CancellationTokenSource _stop = new();
    private NodeLinkClient _client = null!;
    private Task _running = Task.CompletedTask;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        // A server that the test dropped does not answer the close; its time must pass.
        while (!_running.IsCompleted)
        {
            _time.Advance(_settings.CloseWithin);
            await Task.Yield();
        }

        await _running.WaitAsync(HangGuard);
        _stop.Dispose();
    }

    [Fact]
    public async Task It_greets_is_welcomed_and_exchanges_messages()
    {
        var server = await WelcomedAsync();
        _events.LastWelcome.ShouldBe(new LinkWelcome(1, "c1", "boot-1"));
        _client.TrySend("up").ShouldBeTrue();
        (await HearAsync(server)).ShouldBe("""{"message":"up"}""");
        await SayAsync(server, """{"message":"down"}""");
        (await _events.NextAsync()).ShouldBe("got down");
    }

    [Fact]
    public async Task Nothing_can_be_sent_before_the_welcome()
    {
        var met = ServeNext();
        Start();
        (await HearAsync(await met)).ShouldBe(
            """{"hello":{"host":"a","versions":[1],"instance":"run-1"}}""");
        _client.TrySend("early").ShouldBeFalse();
    }

    [Fact]
    public async Task Waits_double_up_to_the_longest_and_it_never_gives_up()
    {
        TimeSpan[] waits = [.. new[] { 0.5, 1, 2, 4, 8, 16, 30, 30, 30 }.Select(TimeSpan.FromSeconds)];
        for (var i = 0; i <= waits.Length; i++)
            _connector.Fail(new LinkConnectException("down", cause: null));
        Start();
        foreach (var wait in waits)
        {
            (await _events.NextAsync()).ShouldBe("failed ConnectFailed");
            await _time.ArmedAsync(wait).WaitAsync(HangGuard);
            _time.Advance(wait);
        }

        (await _events.NextAsync()).ShouldBe("failed ConnectFailed");
    }

    [Fact]
    public async Task A_connection_that_does_not_come_about_is_given_up_in_time()
    {
        _connector.Hang();
        Start();
        await _time.ArmedAsync(_settings.ConnectWithin).WaitAsync(HangGuard);
        _time.Advance(_settings.ConnectWithin);
        (await _events.NextAsync()).ShouldBe("failed ConnectFailed");
        _events.LastEnd!.Detail.ShouldBe("no connection within 15 s");
    }

    [Fact]
    public async Task It_connects_again_after_the_coordinator_closed_and_says_why_it_was_closed()
    {
        var server = await WelcomedAsync();
        var next = ServeNext();
        await server.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "Replaced: a newer connection", default);
        (await _events.NextAsync()).ShouldBe("disconnected PeerClosed(Replaced)");
        _client.TrySend("between").ShouldBeFalse();

        await AgainAsync(_settings.ReconnectMin);
        await GreetAsync(await next);
        _client.TrySend("again").ShouldBeTrue();
    }

    [Fact]
    public async Task A_short_session_does_not_reset_the_wait_and_a_long_one_does()
    {
        var first = await WelcomedAsync();
        var second = ServeNext();
        first.Abort();
        await _events.UntilAsync("disconnected");
        await AgainAsync(_settings.ReconnectMin);

        var server = await second;
        await GreetAsync(server);
        var third = ServeNext();
        server.Abort();
        await _events.UntilAsync("disconnected");
        await AgainAsync(2 * _settings.ReconnectMin);

        server = await third;
        await GreetAsync(server);
        for (var lived = TimeSpan.Zero; lived < _settings.StableAfter; lived += _settings.PingEvery)
        {
            _time.Advance(_settings.PingEvery);
            await SayAsync(server, """{"message":"x"}""");
            (await _events.NextAsync()).ShouldBe("got x");
        }

        server.Abort();
        await _events.UntilAsync("disconnected");
        await AgainAsync(_settings.ReconnectMin);
    }

    [Fact]
    public async Task A_silent_coordinator_is_left_and_dialled_again()
    {
        var server = await WelcomedAsync();
        var next = ServeNext();
        _time.Advance(_settings.DeadAfter);
        (await HearCloseAsync(server)).ShouldContain("PeerSilent");
        (await _events.NextAsync()).ShouldBe("disconnected PeerSilent");
        await AgainAsync(_settings.ReconnectMin);
        await GreetAsync(await next);
    }

    [Fact]
    public async Task A_welcome_in_a_version_that_was_not_offered_is_refused()
    {
        var met = ServeNext();
        Start();
        var server = await met;
        await HearAsync(server);
        await SayAsync(server, Welcome.Replace("\"version\":1", "\"version\":9", StringComparison.Ordinal));
        (await HearCloseAsync(server)).ShouldContain("VersionMismatch: version 9 was not offered");
        (await _events.NextAsync()).ShouldBe("failed VersionMismatch");
    }

    [Fact]
    public async Task A_coordinator_that_never_welcomes_is_left()
    {
        var met = ServeNext();
        Start();
        var server = await met;
        await HearAsync(server);
        _time.Advance(_settings.HelloWithin);
        (await HearCloseAsync(server)).ShouldContain("HelloTimedOut");
        (await _events.NextAsync()).ShouldBe("failed HelloTimedOut");
    }

    [Fact]
    public async Task Stop_closes_the_session_with_a_reason_and_ends_the_run()
    {
        var server = await WelcomedAsync();
        await _stop.CancelAsync();
        (await HearCloseAsync(server)).ShouldBe("EndpointUnavailable Stopped: this side was stopped");
        await _running.WaitAsync(HangGuard);
        (await _events.NextAsync()).ShouldBe("disconnected Stopped");
        _connector.Tries.ShouldBe(1);
    }

    private void Start()
    {
        // Jitter at its upper end, so that waits are round numbers.
        _client = new NodeLinkClient(
            new NodeLinkIdentity(HostId.Of("a"), "run-1"), _connector, new TextCodec(), _events, _settings, _time,
            static () => 1.0, NullLogger<NodeLinkClient>.Instance);
        _running = _client.RunAsync(_stop.Token);
    }

    private Task<WebSocket> ServeNext()
    {
        var met = new TaskCompletionSource<WebSocket>(TaskCreationOptions.RunContinuationsAsynchronously);
        _connector.Serve(met.SetResult);
        return met.Task.WaitAsync(HangGuard);
    }

    private async Task<WebSocket> WelcomedAsync()
    {
        var met = ServeNext();
        Start();
        var server = await met;
        await GreetAsync(server);
        return server;
    }

    private async Task GreetAsync(WebSocket server)
    {
        (await HearAsync(server)).ShouldStartWith("{\"hello\"");
        await SayAsync(server, Welcome);
        (await _events.NextAsync()).ShouldBe("connected to c1 boot-1 v1");
    }

    private async Task AgainAsync(TimeSpan wait)
    {
        await _time.ArmedAsync(wait).WaitAsync(HangGuard);
        _time.Advance(wait);
    }
}
