using System.Security.Cryptography;
using Fabric.Actors.Agent;
using Fabric.Actors.Cluster;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Drivers.Disks;
using Fabric.Host.Configuration;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Security;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Nodes;

/// <summary>The host's agent of a node: ledger, hypervisor, data port, link to the coordinator.</summary>
internal sealed class HostRole : IAsyncDisposable
{
    private readonly SqliteJournal _ledger;
    private readonly DataListener _listener;
    private readonly LinkBufferPool _buffers;
    private readonly NetworkTools _network;
    private readonly TlsLinkConnector _connector;
    private readonly ActorSystem _system;
    private readonly HostAgent _agent;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _linking;

    private HostRole(
        SqliteJournal ledger, DataListener listener, LinkBufferPool buffers, NetworkTools network,
        TlsLinkConnector connector, ActorSystem system, HostAgent agent, NodeLinkClient link)
    {
        (_ledger, _listener, _buffers, _network) = (ledger, listener, buffers, network);
        (_connector, _system, _agent) = (connector, system, agent);
        _linking = link.RunAsync(_stop.Token);
    }

    /// <summary>Opens the ledger, takes up the copies in it, and begins to look for the coordinator.</summary>
    public static async Task<HostRole> StartAsync(
        NodeSettings settings, PeerPolicy policy, ILoggerFactory logs, TimeProvider time,
        CancellationToken cancellation)
    {
        var log = logs.CreateLogger("Fabric.Agent");
        var host = HostId.Of(settings.Node.Name);
        var options = new AgentOptions
        {
            Host = host,
            MachinesDirectory = Path.Combine(settings.Node.StateDirectory, "vms"),
            Advertised = new DataEndpoint(settings.Host.DataAdvertise.Host, settings.Host.DataAdvertise.Port),
            MemoryLimitBytes = settings.Host.MemoryLimitBytes,
            MigrationsMax = settings.Host.MigrationsMax,
            LocalDisks = settings.Host.Disks.LocalDirectory is { Length: > 0 } local ? local : null,
            SharedDisks = settings.Host.Disks.SharedDirectory is { Length: > 0 } shared ? shared : null,
        };
        var ledger = SqliteJournal.Open(
            new SqliteJournalOptions { Path = Path.Combine(settings.Node.StateDirectory, "ledger.db") },
            FabricEvents.Registry, time);
        var tickets = new TicketBook(RandomNumberGenerator.Create(), time);
        var terms = TermsOf(settings.DataLink);
        var listener = DataListener.Start(
            await NodeParts.BindAddressAsync(settings.Host.DataListen, cancellation), policy, tickets, time,
            refused => NodeLog.DataRefused(log, refused.ToString()), terms, news => AgentLog.LinkNews(log, news));
        var buffers = new LinkBufferPool();
        var images = DisksOf(options, settings.Host.Disks, time);
        var network = HostNetwork.Of(settings, time, log);
        var tools = new AgentTools(
            options, Hypervisors.Of(settings.Host, images, note => NodeLog.HypervisorNote(log, note), time),
            new HostCapacity(options), tickets, listener,
            new DataConnector(policy, time, terms, news => AgentLog.LinkNews(log, news)), buffers, time, log,
            NodeParts.PageWorkOf(settings.PageWork), NodeParts.PageStoresOf(settings))
        {
            Line = new HostLine(settings.Host.BandwidthBytesPerSecondMax),
            Disks = images,
            Leftovers = new LeftoverWatch(images),
            Network = network,
        };
        if (PageWorkOptions.Missing is { } missing)
            NodeLog.PageWorkMissing(log, missing);
        var system = new ActorSystem(new ActorSystemOptions
        {
            Name = "agent",
            TimeProvider = time,
            LoggerFactory = logs,
        });
        NodeLinkClient? link = null;
        var agent = new HostAgent(system, ledger, tools, message => link?.TrySend(message) ?? false);
        var connector = new TlsLinkConnector(NodeParts.LinkAddressOf(settings.Coordinator.Url), policy);
        link = new NodeLinkClient(
            new NodeLinkIdentity(host, Guid.NewGuid().ToString("n")), connector, new FabricLinkCodec(), agent,
            NodeParts.LinkOf(settings.Link), time, Random.Shared.NextDouble, logs.CreateLogger<NodeLinkClient>());
        await agent.ResumeAsync(cancellation);
        return new HostRole(ledger, listener, buffers, network, connector, system, agent, link);
    }

    private static DiskImages? DisksOf(AgentOptions options, DiskSettings disks, TimeProvider time) =>
        (options.LocalDisks ?? options.SharedDisks) is null
            ? null
            : new DiskImages(
                new DiskOptions
                {
                    LocalDirectory = options.LocalDisks,
                    SharedDirectory = options.SharedDisks,
                    QemuImg = disks.QemuImg,
                },
                time);

    private static LinkTerms TermsOf(DataLinkSettings link) => new(
        link.Connections, (int)link.Heartbeat.TotalMilliseconds, (int)link.ReconnectFor.TotalMilliseconds,
        link.Congestion);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _linking;
        await _agent.DisposeAsync();
        await _system.CoordinatedShutdown.RunAsync("the node stops");
        await HostNetwork.CloseAsync(_network);
        await _listener.DisposeAsync();
        await _ledger.DisposeAsync();
        _connector.Dispose();
        _buffers.Dispose();
        _stop.Dispose();
    }
}
