using Fabric.Actors.Agent;
using Fabric.Actors.Coordination;
using Fabric.Actors.Runtime;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Pages;
using Fabric.Transport.Pages.Store;

namespace Fabric.Simulation.World;

/// <summary>One life of a host's agent: the real copies' actors over the host's ledger.</summary>
internal sealed class SimAgent : ICopyHandsFactory, IReportSink
{
    private readonly SimWorld _world;
    private readonly SimHost _host;
    private readonly ActorSystem _system;
    private readonly SimJournal _ledger;
    private readonly Dictionary<VmId, SimHands> _hands = [];

    public SimAgent(SimWorld world, SimHost host)
    {
        (_world, _host) = (world, host);
        if (host.StoreDisk is { } disk && world.Plan.Pages is { } plan)
        {
            var options = new PageStoreOptions { Directory = "stores", QuotaBytes = QuotaOf(plan), Keep = plan.Keep };
            Pages = new PageStores(options, disk);
        }

        Process = new SimProcess(world.Scheduler, host.Id.Value, host.WallOffset);
        _system = world.NewSystem(Process);
        _ledger = new SimJournal(Process, host.Ledger);
        HostAgent.Register(
            _system, _ledger, this, this, world.DecidersOf(host.Ledger, () => world.CrashAndRestart(host, this)));
        Process.RunOutside(
            () => HostAgent.TellAllAsync(_system, _ledger, Wake.Up, CancellationToken.None), () => world.DiedAtStart(host, this));
    }

    public SimProcess Process { get; }

    /// <summary>The page stores of this life; null in a run without them.</summary>
    public PageStores? Pages { get; }

    /// <summary>Bytes that a host's page stores may have.</summary>
    public static long QuotaOf(PagePlan plan) => (long)plan.QuotaGuests * plan.Pages * (Limits.Stream.PageSize + 16);

    /// <summary>Tickets are in memory only: a new life honours none of the old ones.</summary>
    public SimTickets Tickets { get; } = new();

    public IEnumerable<SimHands> Hands => _hands.Values;

    public void Obey(Order order) =>
        _system.Entity(EntityKinds.Copy, order.Stamp.Vm.Value).Tell(new OrderGiven(order));

    public void LinkCameUp() => Process.RunOutside(
        () => HostAgent.TellAllAsync(_system, _ledger, new LinkCameUp(), CancellationToken.None),
        () => _world.Scheduler.After(0, () => _world.Network.Lose(_host)));

    public SimHands? HandsOf(VmId vm) => _hands.GetValueOrDefault(vm);

    public ICopyHands Create(VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report) =>
        _hands[vm] = new SimHands(_world, _host, this, vm, tell, report);

    public void Forget(SimHands hands)
    {
        if (_hands.GetValueOrDefault(hands.Vm) == hands)
            _hands.Remove(hands.Vm);
    }

    public bool TrySend(Report report) => _world.Network.Report(_host, this, report);
}
