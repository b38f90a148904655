using Fabric.Actors.Cluster;
using Fabric.Actors.Coordination;
using Fabric.Actors.Runtime;
using Fabric.Protocol;
using Fabric.Simulation.Engine;

namespace Fabric.Simulation.World;

/// <summary>One life of a coordinator: the real one, with all its actors. Two may live at a time, over one journal.</summary>
internal sealed class SimCoordinator : IHostLinks
{
    private readonly SimWorld _world;
    private readonly ActorSystem _system;
    private readonly Coordinator _real;
    private readonly Dictionary<HostId, int> _connected = [];

    public SimCoordinator(SimWorld world, string name)
    {
        _world = world;
        Process = new SimProcess(world.Scheduler, name, world.CoordinatorWallOffset);
        _system = world.NewSystem(Process);
        _real = new Coordinator(
            _system, new SimJournal(Process, world.Journal) { NeverReadOn = world.Plant?.NeverReadOn }, this, hold: null,
            world.DecidersOf(world.Journal, () => world.CrashAndRestart(this)));
        Process.RunOutside(() => _real.ResumeAsync(CancellationToken.None), () => world.DiedAtStart(this));
    }

    public SimProcess Process { get; }

    public bool TrySend(HostId host, Order order) => _world.Network.Order(this, host, order);

    public bool IsConnected(HostId host) => _connected.ContainsKey(host);

    /// <summary>The number of the link that it believes to have; null without one.</summary>
    public int? LinkTo(HostId host) => _connected.TryGetValue(host, out var number) ? number : null;

    public void Connected(SimHost host, int link)
    {
        if (_connected.TryGetValue(host.Id, out var old))
            Disconnected(host, old);
        _connected[host.Id] = link;
        Process.RunOutside(() => _real.OnHostConnectedAsync(host.Id, "1", 1).AsTask());
    }

    public void Disconnected(SimHost host, int link)
    {
        if (LinkTo(host.Id) != link)
            return;
        _connected.Remove(host.Id);
        Process.RunOutside(
            () => _real.OnHostDisconnectedAsync(host.Id, new LinkEnd(LinkFault.PeerClosed, "the simulation")).AsTask());
    }

    public void Hear(HostId host, object message) =>
        Process.RunOutside(() => _real.OnMessageAsync(host, message, CancellationToken.None).AsTask());

    public void Ask(string kind, string id, object request, Action<object> hear) =>
        _system.Entity(kind, id).Tell(request, new Ears(answer => _world.Guard(() => hear(answer))));
}
