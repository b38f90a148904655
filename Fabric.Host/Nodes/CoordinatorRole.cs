using Fabric.Actors.Cluster;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Host.Api;
using Fabric.Host.Configuration;
using Fabric.Protocol;
using Fabric.Transport.Security;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Nodes;

/// <summary>The coordinator of a node: journal, actors, hub, and the one port with node link and API.</summary>
internal sealed class CoordinatorRole : IAsyncDisposable
{
    private readonly SqliteJournal _journal;
    private readonly ActorSystem _system;
    private readonly FabricService _service;
    private readonly CoordinatorServer _server;

    private CoordinatorRole(
        SqliteJournal journal, ActorSystem system, FabricService service, CoordinatorServer server) =>
        (_journal, _system, _service, _server) = (journal, system, service, server);

    /// <summary>Its actors.</summary>
    public ActorSystem System => _system;

    /// <summary>Its journal.</summary>
    public IJournal Journal => _journal;

    /// <summary>Opens the journal, takes up what is in it, and begins to listen.</summary>
    public static async Task<CoordinatorRole> StartAsync(
        NodeSettings settings, PeerPolicy policy, ILoggerFactory logs, TimeProvider time,
        CancellationToken cancellation)
    {
        var journal = SqliteJournal.Open(
            new SqliteJournalOptions { Path = Path.Combine(settings.Node.StateDirectory, "journal.db") },
            FabricEvents.Registry, time);
        var system = new ActorSystem(new ActorSystemOptions
        {
            Name = "coordinator",
            TimeProvider = time,
            LoggerFactory = logs,
        });
        var links = new HubLinks();
        var hold = HoldOf(settings.Faults, logs, time);
        var coordinator = new Coordinator(system, journal, links, hold, sites: settings.Sites);
        links.Hub = new NodeLinkHub(
            HostId.Of(settings.Node.Name), Guid.NewGuid().ToString("n"), new FabricLinkCodec(), coordinator,
            NodeParts.LinkOf(settings.Link), time, logs.CreateLogger<NodeLinkHub>());
        var service = new FabricService(system, journal, links, hold, sites: settings.Sites);
        var server = new CoordinatorServer(
            new CoordinatorServerSettings(await NodeParts.BindAddressAsync(settings.Coordinator.Listen, cancellation))
            {
                BodyBytesMax = (int)settings.Coordinator.RequestBodyBytesMax,
            },
            policy, links.Hub, logs, FabricApi.AddServices,
            app => FabricApi.Map(app, service, Policies.From(settings.Migration), time));
        await coordinator.ResumeAsync(cancellation);
        await server.StartAsync(cancellation);
        return new CoordinatorRole(journal, system, service, server);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        await _service.DisposeAsync();
        await _system.CoordinatedShutdown.RunAsync("the node stops");
        await _server.DisposeAsync();
        await _journal.DisposeAsync();
    }

    private static HoldPoint? HoldOf(FaultSettings faults, ILoggerFactory logs, TimeProvider time)
    {
        if (NodeParts.HoldOf(faults.HoldAt) is not { } stage)
            return null;
        NodeLog.HoldIsOn(logs.CreateLogger("Fabric.Faults"), stage.ToString(), faults.HoldTimeout);
        return new HoldPoint(stage, faults.HoldTimeout, time);
    }
}
