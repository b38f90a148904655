using System.Net.Sockets;
using System.Text;
using Fabric.Actors.Cluster;
using Fabric.Host.Tests.Certificates;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Transport.Security;

namespace Fabric.Host.Tests.Link;

public sealed class NodeLinkOverTlsTests : IAsyncLifetime
{
    private readonly CoordinatorFixture _at = new();

    public Task InitializeAsync() => _at.InitializeAsync();

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task A_node_connects_and_messages_pass_both_ways()
    {
        using var a = _at.Certificates.Node("a");
        var (client, events) = _at.Dial(a, "a");
        (await events.NextAsync()).ShouldBe("connected to c1 boot-1 v1");
        (await _at.Events.NextAsync()).ShouldBe("a connected as run-1 v1");

        var large = new string('x', 200 * 1024);
        client.TrySend(large).ShouldBeTrue();
        (await _at.Events.NextAsync()).ShouldBe("a: " + large);
        _at.Hub.TrySend(HostId.Of("a"), large).ShouldBeTrue();
        (await events.NextAsync()).ShouldBe("got " + large);
    }

    [Fact]
    public async Task The_client_finds_a_restarted_coordinator_by_itself()
    {
        using var a = _at.Certificates.Node("a");
        var (client, events) = _at.Dial(a, "a");
        (await events.NextAsync()).ShouldBe("connected to c1 boot-1 v1");
        await _at.RestartAsync("boot-2");

        (await events.NextAsync()).ShouldBe("disconnected PeerClosed(Stopped)");
        (await events.UntilAsync("connected")).ShouldBe("connected to c1 boot-2 v1");
        client.TrySend("again").ShouldBeTrue();
        (await _at.Events.UntilAsync("a: ")).ShouldBe("a: again");
    }

    [Fact]
    public async Task A_node_that_greets_with_anothers_name_is_refused()
    {
        using var a = _at.Certificates.Node("a");
        var (_, events) = _at.Dial(a, "b");
        (await events.NextAsync()).ShouldBe("failed PeerClosed(HostNameMismatch)");
        _at.Hub.Hosts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_certificate_of_a_foreign_CA_is_refused_by_the_coordinator()
    {
        using var foreign = new CertificateDirectory();
        using var theirs = foreign.Node("a");
        // It trusts our roots, so that only the coordinator can be who refuses.
        using var mixed = new NodeCertificate(theirs.Certificate, Roots(), theirs.Identity);
        await FailsAsync(mixed, "a", "we refuse");
    }

    [Fact]
    public async Task A_coordinator_of_a_foreign_CA_is_refused_by_the_node()
    {
        using var foreign = new CertificateDirectory();
        using var theirs = foreign.Node("a");
        var (_, events) = _at.Dial(theirs, "a");
        (await events.NextAsync()).ShouldBe("failed ConnectFailed");
        events.LastEnd!.Detail.ShouldStartWith("we refuse the server: the peer's certificate is not accepted");
    }

    [Fact]
    public async Task A_coordinator_under_another_name_is_refused_by_the_node()
    {
        using var a = _at.Certificates.Node("a");
        var (_, events) = _at.Dial(a, "a", expectedName: "c2");
        (await events.NextAsync()).ShouldBe("failed ConnectFailed");
        events.LastEnd!.Detail.ShouldBe("we refuse the server: node 'c1' answered where 'c2' was expected");
    }

    [Fact]
    public async Task Without_an_expected_name_the_address_must_stand_in_the_certificate()
    {
        using var a = _at.Certificates.Node("a");
        var (_, events) = _at.Dial(a, "a", expectedName: null);
        (await events.NextAsync()).ShouldBe("connected to c1 boot-1 v1");
    }

    [Fact]
    public async Task An_expired_certificate_is_refused()
    {
        // The fixture's CA is 60 days old; this certificate of it was good for the first 30.
        var past = new ManualTime(DateTimeOffset.UtcNow - CoordinatorFixture.CaAge);
        using var expired = _at.Certificates.Node("a", past, TimeSpan.FromDays(30));
        await FailsAsync(expired, "a", "we refuse");
    }

    [Fact]
    public async Task An_operator_is_refused_on_the_link()
    {
        using var one = _at.Certificates.Operator();
        var (_, events) = _at.Dial(one, "operator");
        (await events.NextAsync()).ShouldBe("failed ConnectFailed");
        events.LastEnd!.Detail.ShouldBe("the server answered 403 Forbidden");
    }

    [Fact]
    public async Task Garbage_and_plain_HTTP_get_no_answer_and_harm_nobody()
    {
        foreach (var text in new[] { "GET /link HTTP/1.1\r\nHost: a\r\n\r\n", "\0\u0001garbage\r\n\r\n" })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(_at.Server.Endpoint);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
            var answer = await ReadToEndAsync(stream).WaitAsync(CoordinatorFixture.HangGuard);
            answer.ShouldNotContain("HTTP/1.1 2");
            answer.ShouldNotContain("HTTP/1.1 101");
        }

        using var a = _at.Certificates.Node("a");
        var (_, events) = _at.Dial(a, "a");
        (await events.NextAsync()).ShouldStartWith("connected");
    }

    [Fact]
    public async Task A_message_over_the_bound_closes_the_session_with_the_reason()
    {
        using var a = _at.Certificates.Node("a");
        using var connector = new TlsLinkConnector(new Uri($"wss://127.0.0.1:{_at.Server.Endpoint.Port}/link"),
            new PeerPolicy(a, TimeProvider.System), "c1");
        using var socket = await connector.ConnectAsync(CancellationToken.None);
        var huge = new byte[Limits.NodeLink.MessageBytesMax + 1];
        Array.Fill(huge, (byte)'x');
        await socket.SendAsync(huge, System.Net.WebSockets.WebSocketMessageType.Text, true, CancellationToken.None)
            .WaitAsync(CoordinatorFixture.HangGuard);
        await socket.ReceiveAsync(huge, CancellationToken.None).WaitAsync(CoordinatorFixture.HangGuard);
        socket.CloseStatusDescription.ShouldNotBeNull();
        socket.CloseStatusDescription.ShouldStartWith(nameof(LinkFault.MessageTooLarge));
    }

    private static async Task<string> ReadToEndAsync(NetworkStream stream)
    {
        using var memory = new MemoryStream();
        try
        {
            await stream.CopyToAsync(memory);
        }
        catch (IOException)
        {
            // Reset: an answer too.
        }

        return Encoding.Latin1.GetString(memory.ToArray());
    }

    private System.Security.Cryptography.X509Certificates.X509Certificate2Collection Roots() =>
        CertificateFiles.LoadRoots(_at.Certificates["ca.crt"]);

    private async Task FailsAsync(NodeCertificate certificate, string host, string notBecause)
    {
        var (_, events) = _at.Dial(certificate, host);
        (await events.NextAsync()).ShouldBeOneOf("failed ConnectFailed", "failed ConnectionLost");
        events.LastEnd!.Detail.ShouldNotContain(notBecause);
        _at.Hub.Hosts.ShouldBeEmpty();
        _at.Events.IsEmpty.ShouldBeTrue();
    }
}
