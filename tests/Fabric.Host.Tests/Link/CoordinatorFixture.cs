using System.Net;
using System.Net.Security;
using Fabric.Actors.Cluster;
using Fabric.Host.Api;
using Fabric.Host.Tests.Certificates;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Testing.Link;
using Fabric.Transport.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Host.Tests.Link;

/// <summary>A coordinator on a loopback port with a CA of its own, and ways to speak to it.</summary>
public sealed class CoordinatorFixture : IAsyncLifetime
{
    public static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan CaAge = TimeSpan.FromDays(60);
    private readonly List<(CancellationTokenSource Stop, Task Running, TlsLinkConnector Connector)> _clients = [];
    private NodeCertificate _own = null!;

    public CertificateDirectory Certificates { get; } = new(new ManualTime(DateTimeOffset.UtcNow - CaAge));

    public LinkEvents Events { get; } = new();

    public NodeLinkHub Hub { get; private set; } = null!;

    public CoordinatorServer Server { get; private set; } = null!;

    public static NodeLinkSettings Settings { get; } = new()
    {
        ReconnectMin = TimeSpan.FromMilliseconds(20),
        ReconnectMax = TimeSpan.FromMilliseconds(100),
    };

    public Task InitializeAsync()
    {
        _own = Certificates.Node("c1");
        return StartAsync("boot-1", port: 0);
    }

    public async Task DisposeAsync()
    {
        foreach (var (stop, running, connector) in _clients)
        {
            await stop.CancelAsync();
            await running.WaitAsync(HangGuard);
            connector.Dispose();
            stop.Dispose();
        }

        await Server.DisposeAsync();
        _own.Dispose();
        Certificates.Dispose();
    }

    public async Task RestartAsync(string instance)
    {
        var port = Server.Endpoint.Port;
        await Server.StopAsync(CancellationToken.None).WaitAsync(HangGuard);
        await Server.DisposeAsync();
        await StartAsync(instance, port);
    }

    /// <summary>Starts a client that goes on until the fixture ends.</summary>
    public (NodeLinkClient Client, LinkEvents Events) Dial(
        NodeCertificate certificate, string host, string? expectedName = "c1", TimeProvider? time = null)
    {
        var connector = new TlsLinkConnector(new Uri($"wss://127.0.0.1:{Server.Endpoint.Port}/link"),
            new PeerPolicy(certificate, time ?? TimeProvider.System), expectedName);
        var events = new LinkEvents();
        var random = new Random(1);
        var client = new NodeLinkClient(new NodeLinkIdentity(HostId.Of(host), "run-1"), connector, new TextCodec(),
            events, Settings, TimeProvider.System, random.NextDouble, NullLogger<NodeLinkClient>.Instance);
        var stop = new CancellationTokenSource();
        _clients.Add((stop, client.RunAsync(stop.Token), connector));
        return (client, events);
    }

    /// <summary>An HTTP client; without a certificate it shows none.</summary>
    public HttpClient Http(NodeCertificate? certificate)
    {
        var options = certificate is null
            ? new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true }
            : new PeerPolicy(certificate, TimeProvider.System).ClientOptions("c1");
        return new HttpClient(new SocketsHttpHandler { SslOptions = options })
        {
            BaseAddress = new Uri($"https://127.0.0.1:{Server.Endpoint.Port}"),
            Timeout = HangGuard,
        };
    }

    private Task StartAsync(string instance, int port)
    {
        Hub = new NodeLinkHub(HostId.Of("c1"), instance, new TextCodec(), Events, Settings, TimeProvider.System,
            NullLogger<NodeLinkHub>.Instance);
        Server = new CoordinatorServer(new CoordinatorServerSettings(new IPEndPoint(IPAddress.Loopback, port)),
            new PeerPolicy(_own, TimeProvider.System), Hub, NullLoggerFactory.Instance, services: null, MapApi);
        return Server.StartAsync(CancellationToken.None);
    }

    private static void MapApi(WebApplication app)
    {
        app.MapGet("/api/who", static context => context.Response.WriteAsync(PeerGate.PeerOf(context).ToString()));
        app.MapPost("/api/body", static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("read");
        });
    }
}
