using System.Net.WebSockets;
using Fabric.Actors.Cluster;
using Fabric.Protocol;
using static Fabric.Actors.Tests.Cluster.HubFixture;

namespace Fabric.Actors.Tests.Cluster;

/// <summary>What a broken or hostile node may send, and the fault that each gets. The hub goes on each time.</summary>
public sealed class NodeLinkAbuseTests
{
    private readonly HubFixture _at = new();

    public static TheoryData<string, LinkFault> Texts => new()
    {
        { "", LinkFault.NotJson },
        { "garbage", LinkFault.NotJson },
        { "[]", LinkFault.NotJson },
        { "{}", LinkFault.NotJson },
        { "{\"message\":\"a\"", LinkFault.NotJson },
        { "{\"message\":\"a\"}{}", LinkFault.NotJson },
        { "{\"message\":\"a\",\"ping\":{}}", LinkFault.NotJson },
        { "{\"message\":" + new string('[', 40) + new string(']', 40) + "}", LinkFault.NotJson },
        { "{\"" + new string('k', 200) + "\":1}", LinkFault.NotJson },
        { "{\"order\":{}}", LinkFault.UnknownMessage },
        { "{\"message\":7}", LinkFault.UnknownMessage },
        { "{\"message\":\"poison\"}", LinkFault.BadMessage },
        { "{\"message\":{}}", LinkFault.BadMessage },
        { Hello("a"), LinkFault.UnexpectedFrame },
        { "{\"welcome\":{\"version\":1,\"coordinator\":\"c\",\"instance\":\"i\"}}", LinkFault.UnexpectedFrame },
    };

    public static TheoryData<string, LinkFault> Greetings => new()
    {
        { "{\"ping\":{}}", LinkFault.UnexpectedFrame },
        { "{\"message\":\"early\"}", LinkFault.UnexpectedFrame },
        { "{\"hello\":null}", LinkFault.BadMessage },
        { "{\"hello\":{}}", LinkFault.NotJson },
        { "{\"hello\":{\"host\":\"../a\",\"versions\":[1],\"instance\":\"i\"}}", LinkFault.NotJson },
        { "{\"hello\":{\"host\":\"a\",\"host\":\"b\",\"versions\":[1],\"instance\":\"i\"}}", LinkFault.NotJson },
        { "{\"hello\":{\"host\":\"a\",\"versions\":null,\"instance\":\"i\"}}", LinkFault.NotJson },
        { Hello("a", versions: ""), LinkFault.BadMessage },
        { Hello("a", versions: string.Join(',', Enumerable.Range(1, 17))), LinkFault.BadMessage },
        { Hello("a", instance: ""), LinkFault.BadMessage },
        { Hello("a", instance: new string('i', 65)), LinkFault.BadMessage },
        { Hello("a", instance: "i\\n"), LinkFault.BadMessage },
        { Hello("a", versions: "-1,0"), LinkFault.VersionMismatch },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_bad_text_ends_the_session_with_its_fault(string text, LinkFault fault)
    {
        var (pair, session) = await _at.GreetAsync("a");
        await SayAsync(pair.Client, text);
        await EndsAsync(pair.Client, session, fault);
        await _at.GreetAsync("b");
    }

    [Theory]
    [MemberData(nameof(Greetings))]
    public async Task A_bad_greeting_ends_the_session_with_its_fault(string text, LinkFault fault)
    {
        var (pair, session) = _at.Connect("a");
        await SayAsync(pair.Client, text);
        await EndsAsync(pair.Client, session, fault);
        _at.Events.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_binary_frame_ends_the_session()
    {
        var (pair, session) = await _at.GreetAsync("a");
        await SayAsync(pair.Client, "{\"message\":\"a\"}", WebSocketMessageType.Binary);
        await EndsAsync(pair.Client, session, LinkFault.BinaryFrame);
    }

    [Fact]
    public async Task The_largest_message_passes_and_one_byte_more_ends_the_session()
    {
        var (pair, session) = await _at.GreetAsync("a");
        var room = Limits.NodeLink.MessageBytesMax - "{\"message\":\"\"}".Length;
        await SayAsync(pair.Client, "{\"message\":\"" + new string('x', room) + "\"}");
        (await _at.Events.NextAsync()).Length.ShouldBe("a: ".Length + room);

        await SayAsync(pair.Client, "{\"message\":\"" + new string('x', room + 1) + "\"}");
        await EndsAsync(pair.Client, session, LinkFault.MessageTooLarge);
    }

    [Fact]
    public async Task A_message_without_end_is_cut_at_the_bound_and_the_reason_still_arrives()
    {
        var (pair, session) = await _at.GreetAsync("a");
        var piece = new string('x', 16 * 1024);
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 64; i++)
                await SayAsync(pair.Client, piece, last: false);
        });
        await EndsAsync(pair.Client, session, LinkFault.MessageTooLarge);
        await sending.WaitAsync(HangGuard).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    public async Task A_flood_of_small_fragments_ends_the_session(string fragment)
    {
        var (pair, session) = await _at.GreetAsync("a");
        for (var i = 0; i < Limits.NodeLink.ReadsFree + 8; i++)
            await SayAsync(pair.Client, fragment, last: false);
        await EndsAsync(pair.Client, session, LinkFault.FragmentFlood);
    }

    [Fact]
    public async Task Bytes_that_are_no_WebSocket_frame_end_the_session()
    {
        var (pair, session) = await _at.GreetAsync("a");
        await pair.ClientStream.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        var end = await session.WaitAsync(HangGuard);
        end.Fault.ShouldBe(LinkFault.FrameInvalid);
    }

    [Fact]
    public async Task A_cut_connection_ends_the_session()
    {
        var (pair, session) = await _at.GreetAsync("a");
        await pair.ClientStream.DisposeAsync();
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.ConnectionLost);
        (await _at.Events.NextAsync()).ShouldBe("a disconnected ConnectionLost");
    }

    [Fact]
    public async Task A_host_that_does_not_read_fills_its_queue_and_is_closed()
    {
        var at = new HubFixture(new NodeLinkSettings { OutboundMessagesMax = 8 });
        var (_, session) = await at.GreetAsync("a");
        var message = new string('x', 100 * 1024);
        var sent = 0;
        while (at.Hub.TrySend(HostId.Of("a"), message))
            (++sent).ShouldBeLessThan(20);

        await at.Time.ArmedAsync(at.Settings.CloseWithin);
        at.Time.Advance(at.Settings.CloseWithin);
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(LinkFault.SlowConsumer);
        at.Hub.TrySend(HostId.Of("a"), message).ShouldBeFalse();
    }

    [Fact]
    public async Task The_queue_is_bounded_by_bytes_too()
    {
        var at = new HubFixture(new NodeLinkSettings { OutboundBytesMax = Limits.NodeLink.MessageBytesMax });
        await at.GreetAsync("a");
        var message = new string('x', 100 * 1024);
        at.Hub.TrySend(HostId.Of("a"), message).ShouldBeTrue();
        at.Hub.TrySend(HostId.Of("a"), message).ShouldBeTrue();
        at.Hub.TrySend(HostId.Of("a"), message).ShouldBeFalse();
    }

    [Fact]
    public async Task A_message_that_no_peer_would_take_is_the_senders_error()
    {
        await _at.GreetAsync("a");
        Should.Throw<ArgumentException>(() =>
            _at.Hub.TrySend(HostId.Of("a"), new string('x', Limits.NodeLink.MessageBytesMax)));
        _at.Hub.TrySend(HostId.Of("a"), "still open").ShouldBeTrue();
    }

    [Fact]
    public async Task A_handler_that_throws_ends_the_session_and_nothing_else()
    {
        _at.Events.OnMessage = (_, _) => throw new InvalidOperationException("broken");
        var (pair, session) = await _at.GreetAsync("a");
        var (other, _) = await _at.GreetAsync("b");
        await SayAsync(pair.Client, """{"message":"x"}""");
        await EndsAsync(pair.Client, session, LinkFault.HandlerFailed);
        _at.Hub.TrySend(HostId.Of("b"), "unharmed").ShouldBeTrue();
        (await HearAsync(other.Client)).ShouldBe("""{"message":"unharmed"}""");
    }

    private static async Task EndsAsync(WebSocket client, Task<LinkEnd> session, LinkFault fault)
    {
        (await HearCloseAsync(client)).ShouldContain($" {fault}: ");
        (await session.WaitAsync(HangGuard)).Fault.ShouldBe(fault);
    }
}
