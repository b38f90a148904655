using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Coordination;

/// <summary>Migrations of several VMs over a link between two sites, at a real coordinator; the hosts only answer.</summary>
public sealed class WanLinkTests : IHostLinks
{
    private const long Budget = 10_000_000;
    private static readonly HostId Here = HostId.Of("a");
    private static readonly HostId There = HostId.Of("b");

    private readonly DeterministicDispatcher _dispatcher = new(1);
    private readonly MemoryJournal _journal;
    private readonly Queue<(HostId Host, Order Order)> _unanswered = new();
    private readonly List<Order> _orders = [];
    private Coordinator _coordinator = null!;
    private ActorSystem _system = null!;
    private EventSubscription<MigrationLine>? _news;

    public WanLinkTests() => _journal = new MemoryJournal(FabricEvents.Registry, _dispatcher.Time);

    [Fact]
    public void One_place_is_taken_by_one_and_given_to_the_next_when_that_is_over()
    {
        Begin("v1", "v2");
        Start(migrationsMax: 1);
        Pass(5);
        _orders.OfType<BeginTransfer>().Select(o => o.Stamp.Vm).Distinct().ShouldBe([VmId.Of("v1")]);
        _orders.OfType<PrepareTarget>().ShouldAllBe(o => o.Stamp.Vm == VmId.Of("v1"));
        Told("v2-m4").Last().ShouldBe(new LineSight("east - west", Admitted: false, Share: 0, Before: 0));
        Cancel("v1-m4");
        Pass(5);
        Told("v2-m4").ShouldBe(
            [new LineSight("east - west", Admitted: true, 0, 0), new LineSight("east - west", Admitted: true, Budget, 0)],
            "a place, then a share; each once, however often it is said");
        _orders.OfType<BeginTransfer>().Select(o => o.Stamp.Vm).Distinct().ShouldBe([VmId.Of("v1"), VmId.Of("v2")]);
    }

    [Fact]
    public void Bandwidth_is_shared_by_those_that_send_and_a_restart_changes_nothing()
    {
        Begin("v1", "v2");
        Start(migrationsMax: 0);
        Pass(5);
        Shares().ShouldBe(["v1 5000000", "v2 5000000"]);

        // Another coordinator: it knows what the journal knows, and that does not say who has what.
        _dispatcher.Run(() => _system.CoordinatedShutdown.RunAsync("test"), TimeSpan.FromMinutes(1));
        _orders.Clear();
        Start(migrationsMax: 0);
        Pass(5);
        Shares().ShouldBe(["v1 5000000", "v2 5000000"]);
        _orders.OfType<AdjustTransfer>().ShouldAllBe(o => o.LineShare > 0, "nobody is let loose in between");
        Cancel("v1-m4");
        Pass(5);
        Shares().Last().ShouldBe("v2 10000000");
    }

    [Fact]
    public void What_is_under_way_keeps_its_place_over_a_restart()
    {
        Begin("v1", "v2");
        Start(migrationsMax: 1);
        Pass(5);
        _dispatcher.Run(() => _system.CoordinatedShutdown.RunAsync("test"), TimeSpan.FromMinutes(1));
        _orders.Clear();
        Start(migrationsMax: 1);
        Pass(10);
        _orders.OfType<PrepareTarget>().ShouldAllBe(o => o.Stamp.Vm == VmId.Of("v1"));
        _orders.OfType<BeginTransfer>().ShouldAllBe(o => o.Stamp.Vm == VmId.Of("v1"));
    }

    private List<LineSight> Told(string migration)
    {
        var told = new List<LineSight>();
        while (_news!.Reader.TryRead(out var line))
        {
            if (line.Migration == MigrationId.Of(migration))
                told.Add(line.Line);
        }

        return told;
    }

    public bool TrySend(HostId host, Order order)
    {
        _orders.Add(order);
        _unanswered.Enqueue((host, order));
        return true;
    }

    public bool IsConnected(HostId host) => true;

    private void Begin(params string[] vms)
    {
        foreach (var vm in vms)
        {
            var now = _dispatcher.Time.GetUtcNow();
            var spec = new VmSpec { Id = VmId.Of(vm), MemoryKiB = 131_136 };
            var decision = VmMachine.Decide(
                new RunningVm(3, spec, Here, 1), new MigrateRequested(There, new MigrationPolicy()), now);
            Append(FabricEvents.StreamOf(spec.Id), new VmCreated(spec, Here, now), new VmStartOrdered(1, now), new VmStarted(now));
            _dispatcher.Run(
                () => _journal.AppendAsync(
                [
                    new StreamAppend(FabricEvents.StreamOf(spec.Id), 3, [.. decision.Events]),
                    new StreamAppend(FabricEvents.StreamOf(decision.Migration!.Plan.Id), 0, [decision.Migration]),
                ]),
                TimeSpan.FromSeconds(1));
            _dispatcher.AdvanceBy(TimeSpan.FromSeconds(1));
        }
    }

    private void Append(StreamId stream, params object[] events) => _dispatcher.Run(
        () => _journal.AppendAsync([new StreamAppend(stream, 0, events)]), TimeSpan.FromSeconds(1));

    private void Start(int migrationsMax)
    {
        var (east, west) = (SiteId.Of("east"), SiteId.Of("west"));
        var link = new WanLink(east, west, Budget, migrationsMax);
        var sites = new SiteMap(
            new Dictionary<HostId, SiteId> { [Here] = east, [There] = west },
            new Dictionary<string, WanLink>(StringComparer.Ordinal) { [link.Name] = link });
        _system = new ActorSystem(
            new ActorSystemOptions { Name = "test", TimeProvider = _dispatcher.Time, Dispatcher = _dispatcher, Seed = 1 });
        _news = _system.EventStream.Subscribe<MigrationLine>();
        _coordinator = new Coordinator(_system, _journal, this, hold: null, sites: sites);
        _dispatcher.Run(() => _coordinator.ResumeAsync(CancellationToken.None), TimeSpan.FromSeconds(1));
    }

    private void Pass(int seconds)
    {
        for (var i = 0; i < 10 * seconds; i++)
        {
            _dispatcher.AdvanceBy(TimeSpan.FromMilliseconds(100));
            while (_unanswered.TryDequeue(out var asked))
            {
                if (Answer(asked.Order) is { } report)
                {
                    _dispatcher.Run(
                        () => _coordinator.OnMessageAsync(asked.Host, report, CancellationToken.None).AsTask(),
                        TimeSpan.FromSeconds(1));
                }
            }
        }
    }

    // Hosts that stand where they stood before: a migration that has begun is sending.
    private readonly Dictionary<VmId, (SourceView Source, TargetView Target)> _standing = [];

    private Report? Answer(Order order)
    {
        var (source, target) = _standing.GetValueOrDefault(order.Stamp.Vm, (SourceView.Ready, TargetView.Absent));
        (source, target) = order switch
        {
            PrepareTarget => (source, TargetView.Prepared),
            BeginTransfer => (SourceView.Sending, TargetView.Receiving),
            RollBackSource => (SourceView.Failed, target),
            DiscardTarget => (source, TargetView.Gone),
            _ => (source, target),
        };
        _standing[order.Stamp.Vm] = (source, target);
        return order switch
        {
            Precheck p => new PrecheckReport(p.Stamp, p.Side, []),
            PrepareTarget or DiscardTarget or Observe { Side: Side.Target } => new TargetReport(
                order.Stamp, target,
                target == TargetView.Prepared ? new TransferOffer(new DataEndpoint("10.0.0.2", 7601), "ticket") : null),
            BeginTransfer or RollBackSource or Observe => new SourceReport(order.Stamp, source),
            _ => null,
        };
    }

    private void Cancel(string migration) => _dispatcher.Run(
        () => _system.Entity(EntityKinds.Migration, migration).Ask<OperatorAnswer>(
            new CancelRequested(), TimeSpan.FromSeconds(10), CancellationToken.None),
        TimeSpan.FromMinutes(1));

    /// <summary>The last share that each was told.</summary>
    private string[] Shares() => [.. _orders
        .Select(o => (o.Stamp.Vm, Share: (o as BeginTransfer)?.LineShare ?? (o as AdjustTransfer)?.LineShare))
        .Where(o => o.Share is not null).GroupBy(o => o.Vm).OrderBy(g => g.Key.Value, StringComparer.Ordinal)
        .Select(g => $"{g.Key} {g.Last().Share}")];
}
