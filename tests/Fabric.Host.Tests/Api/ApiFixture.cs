using System.Net;
using System.Text;
using System.Text.Json;
using Fabric.Actors.Cluster;
using Fabric.Actors.Coordination;
using Fabric.Actors.Runtime;
using Fabric.Host.Api;
using Fabric.Host.Client;
using Fabric.Host.Tests.Certificates;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Transport.Security;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Host.Tests.Api;

/// <summary>A coordinator with real actors, real TLS and a journal in memory; the test plays its hosts.</summary>
public sealed class ApiFixture : IAsyncLifetime, IAsyncDisposable
{
    public static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private NodeCertificate _own = null!;
    private NodeCertificate _operator = null!;
    private CoordinatorServer _server = null!;

    public CertificateDirectory Certificates { get; } = new();

    public ActorSystem System { get; private set; } = null!;

    public MemoryJournal Journal { get; private set; } = null!;

    public FabricService Service { get; private set; } = null!;

    public Coordinator Coordinator { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public FabricClient Client { get; private set; } = null!;

    public Uri Address => new($"https://127.0.0.1:{_server.Endpoint.Port}");

    /// <summary>Where a fault plan holds a migration; set it before the fixture starts.</summary>
    public StageKind? HoldAt { get; init; }

    /// <summary>How long an actor's answer is awaited.</summary>
    public TimeSpan? AskTimeout { get; init; }

    /// <summary>Which host is where; none are at any site.</summary>
    public SiteMap? Sites { get; init; }

    internal FakeHosts Hosts { get; } = new();

    public async Task InitializeAsync()
    {
        (_own, _operator) = (Certificates.Node("c1"), Certificates.Operator());
        System = new ActorSystem(new ActorSystemOptions { Name = "test", TimeProvider = TimeProvider.System });
        Journal = new MemoryJournal(FabricEvents.Registry, TimeProvider.System);
        var hold = HoldAt is { } stage ? new HoldPoint(stage, HangGuard, TimeProvider.System) : null;
        Coordinator = new Coordinator(System, Journal, Hosts, hold, sites: Sites);
        Service = new FabricService(System, Journal, Hosts, hold, AskTimeout, Sites);
        var hub = new NodeLinkHub(HostId.Of("c1"), "boot", new FabricLinkCodec(), Coordinator, new NodeLinkSettings(),
            TimeProvider.System, NullLogger<NodeLinkHub>.Instance);
        _server = new CoordinatorServer(
            new CoordinatorServerSettings(new IPEndPoint(IPAddress.Loopback, 0)),
            new PeerPolicy(_own, TimeProvider.System), hub, NullLoggerFactory.Instance, FabricApi.AddServices,
            app => FabricApi.Map(app, Service, new MigrationPolicy(), TimeProvider.System));
        await _server.StartAsync(CancellationToken.None);
        var policy = new PeerPolicy(_operator, TimeProvider.System);
        Http = new HttpClient(new SocketsHttpHandler { SslOptions = policy.ClientOptions("c1") })
        {
            BaseAddress = Address,
            Timeout = HangGuard,
        };
        Client = new FabricClient(Address, policy);
    }

    /// <summary>One that the test itself owns.</summary>
    public static async Task<ApiFixture> StartAsync()
    {
        var at = new ApiFixture();
        await at.InitializeAsync();
        return at;
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    public Task StopServerAsync() => _server.StopAsync(CancellationToken.None).WaitAsync(HangGuard);

    public async Task DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        await _server.StopAsync(CancellationToken.None).WaitAsync(HangGuard);
        await _server.DisposeAsync();
        await Service.DisposeAsync();
        await System.TerminateAsync().WaitAsync(HangGuard);
        _own.Dispose();
        _operator.Dispose();
        Certificates.Dispose();
    }

    /// <summary>A host that has joined and is connected.</summary>
    public async Task<HostId> HostAsync(string name)
    {
        var host = HostId.Of(name);
        Hosts.Connect(host);
        var facts = new HostFacts("qemu 7.2.22 (tcg)", null, 8L << 30, 4L << 30, new DataEndpoint("127.0.0.1", 7601))
        {
            Underlay = HostAddress.TryOf(new global::System.Net.IPAddress([10, 9, 0, (byte)name[0]])),
        };
        await Coordinator.OnMessageAsync(host, facts, CancellationToken.None);
        await System.Entity(EntityKinds.Host, name).Ask<HostDescription>(Describe.State, HangGuard);
        return host;
    }

    /// <summary>A host's agent is not connected any more.</summary>
    public ValueTask LoseHostAsync(string name)
    {
        Hosts.Disconnect(HostId.Of(name));
        return Coordinator.OnHostDisconnectedAsync(HostId.Of(name), new LinkEnd(LinkFault.PeerClosed, "the test"));
    }

    /// <summary>Hosts a and b, and a VM that is stopped at a.</summary>
    public async Task<VmId> StoppedVmAsync(string name = "web", NetworkSpec? network = null)
    {
        var a = await HostAsync("a");
        await HostAsync("b");
        var spec = new VmSpec { Id = VmId.Of(name), MemoryKiB = 65_600, Network = network };
        await Service.CreateVmAsync(spec, a, CancellationToken.None);
        return spec.Id;
    }

    /// <summary>Hosts a and b, and a VM that runs at a.</summary>
    public async Task<VmId> RunningVmAsync(string name = "web", NetworkSpec? network = null)
    {
        var vm = await StoppedVmAsync(name, network);
        await Service.StartVmAsync(vm, CancellationToken.None);
        await SayAsync("a", new LifeReport(Stamp.OfLife(vm, 1), LifeView.Running, null, null));
        await System.Entity(EntityKinds.Vm, name).Ask<VmState>(Describe.State, HangGuard);
        return vm;
    }

    /// <summary>A host's agent reports.</summary>
    public ValueTask SayAsync(string host, Report report) =>
        Coordinator.OnMessageAsync(HostId.Of(host), report, CancellationToken.None);

    public Task<HttpResponseMessage> PostAsync(string path, string? json, string type = "application/json")
    {
        var content = json is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content?.Headers.TryAddWithoutValidation("Content-Type", type);
        return Http.PostAsync(path, content);
    }

    /// <summary>Checks that the answer is a whole problem of that status and name, and returns its detail.</summary>
    public static async Task<string> ProblemAsync(HttpResponseMessage answer, int status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        using var document = JsonDocument.Parse(text);
        var problem = document.RootElement;
        problem.GetProperty("type").GetString().ShouldBe("urn:fabric:problem:" + code);
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        return problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : "";
    }
}
