using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Fabric.Protocol;
using Fabric.Transport.Security;

namespace Fabric.Host.Tests.Link;

public sealed class CoordinatorServerTests : IAsyncLifetime
{
    private readonly CoordinatorFixture _at = new();

    public Task InitializeAsync() => _at.InitializeAsync();

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task An_operator_reaches_the_API()
    {
        using var one = _at.Certificates.Operator();
        using var http = _at.Http(one);
        (await http.GetStringAsync("/api/who")).ShouldBe("operator 'operator'");
    }

    [Theory]
    [InlineData("/api/who")]
    [InlineData("/api/nowhere")]
    [InlineData("/")]
    public async Task A_node_is_refused_everywhere_but_on_the_link(string path)
    {
        using var a = _at.Certificates.Node("a");
        using var http = _at.Http(a);
        using var answer = await http.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await answer.Content.ReadAsStringAsync()).ShouldContain("OU=operator");
    }

    [Fact]
    public async Task A_node_that_speaks_no_WebSocket_on_the_link_is_told_so()
    {
        using var a = _at.Certificates.Node("a");
        using var http = _at.Http(a);
        using var answer = await http.GetAsync("/link");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task Without_a_certificate_nothing_is_answered()
    {
        using var http = _at.Http(certificate: null);
        await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync("/api/who"));
    }

    [Fact]
    public async Task TLS_1_2_is_not_spoken()
    {
        using var one = _at.Certificates.Operator();
        using var socket = new TcpClient();
        await socket.ConnectAsync(_at.Server.Endpoint);
        await using var tls = new SslStream(socket.GetStream());
        var options = new PeerPolicy(one, TimeProvider.System).ClientOptions("c1");
        options.EnabledSslProtocols = SslProtocols.Tls12;
        await Should.ThrowAsync<Exception>(() =>
            tls.AuthenticateAsClientAsync(options).WaitAsync(CoordinatorFixture.HangGuard));
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_use_the_operators_certificate()
    {
        using var one = _at.Certificates.Operator();
        using var http = _at.Http(one);
        http.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");
        (await http.GetAsync("/api/who")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        http.DefaultRequestHeaders.Remove("Origin");
        http.DefaultRequestHeaders.Add("Origin", $"https://127.0.0.1:{_at.Server.Endpoint.Port}");
        (await http.GetAsync("/api/who")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_or_a_header_over_the_bound_is_refused()
    {
        using var one = _at.Certificates.Operator();
        using var http = _at.Http(one);
        using var fits = new ByteArrayContent(new byte[Limits.NodeLink.BodyBytesMax]);
        (await http.PostAsync("/api/body", fits)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var large = new ByteArrayContent(new byte[Limits.NodeLink.BodyBytesMax + 1]);
        using var refused = new HttpRequestMessage(HttpMethod.Post, "/api/body") { Content = large };
        refused.Headers.ExpectContinue = true;
        (await http.SendAsync(refused)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);

        using var wordy = new HttpRequestMessage(HttpMethod.Get, "/api/who");
        wordy.Headers.Add("X-Long", new string('x', Limits.NodeLink.HeadersBytesMax));
        (await http.SendAsync(wordy)).StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
    }
}
