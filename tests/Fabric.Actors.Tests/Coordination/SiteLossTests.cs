using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Coordination;

/// <summary>
/// Migrations from east to west at a real coordinator, while the link between the sites is cut, or the whole of west is lost.
/// </summary>
public sealed class SiteLossTests : IHostLinks
{
    private static readonly SiteId East = SiteId.Of("east");
    private static readonly SiteId West = SiteId.Of("west");
    private static readonly HostId Here = HostId.Of("a");
    private static readonly HostId There = HostId.Of("b");
    private static readonly WanLink Link = new(East, West, 0, 0);

    private readonly DeterministicDispatcher _dispatcher = new(1);
    private readonly MemoryJournal _journal;
    private readonly ActorSystem _system;
    private readonly Coordinator _coordinator;
    private readonly Queue<(HostId Host, Order Order)> _unanswered = new();
    private readonly List<Order> _orders = [];
    private readonly Dictionary<HostId, LineWatch> _watches = [];
    private readonly HashSet<HostId> _lost = [];
    private readonly Dictionary<VmId, (SourceView Source, TargetView Target)> _standing = [];
    private bool _cut;
    private int _ticks;

    public SiteLossTests()
    {
        _journal = new MemoryJournal(FabricEvents.Registry, _dispatcher.Time);
        _system = new ActorSystem(
            new ActorSystemOptions { Name = "test", TimeProvider = _dispatcher.Time, Dispatcher = _dispatcher, Seed = 1 });
        _coordinator = new Coordinator(_system, _journal, this, hold: null, sites: new SiteMap(
            new Dictionary<HostId, SiteId> { [Here] = East, [There] = West },
            new Dictionary<string, WanLink>(StringComparer.Ordinal) { [Link.Name] = Link }));
        _dispatcher.Run(() => _coordinator.ResumeAsync(CancellationToken.None), TimeSpan.FromSeconds(1));
        Connect(Here);
        Connect(There);
        Pass(5);
    }

    [Fact]
    public void Both_ways_are_measured_and_it_is_up()
    {
        _watches.Select(w => $"{w.Key} {w.Value.Target} {w.Value.Endpoint}").Order(StringComparer.Ordinal)
            .ShouldBe(["a b b.example:7601", "b a a.example:7601"]);
        var seen = Health();
        (seen.State, seen.Trip!.SmoothedMs).ShouldBe((LineState.Up, 50));
        Site(West).State.ShouldBe(SiteState.Up);
    }

    [Fact]
    public void Link_that_is_cut_stops_nothing_holds_the_next_and_lets_it_go_on_when_it_is_up()
    {
        Begin("v1");
        Pass(5);
        StageOf("v1").ShouldBe(StageKind.PreCopy);
        _cut = true;
        Pass(20);
        Health().State.ShouldBe(LineState.Down);
        StageOf("v1").ShouldBe(StageKind.PreCopy, "what is under way goes on as it can");

        Begin("v2");
        Pass(120);
        StageOf("v2").ShouldBe(StageKind.PreMigration);
        Sight("v2").ShouldSatisfyAllConditions(l => l.Held.ShouldBeTrue(), l => l.State.ShouldBe(LineState.Down));
        _orders.OfType<PrepareTarget>().ShouldNotContain(o => o.Stamp.Vm == VmId.Of("v2"));

        _cut = false;
        Pass(15);
        Health().State.ShouldBe(LineState.Up);
        StageOf("v2").ShouldBe(StageKind.PreCopy);
        StageOf("v1").ShouldBe(StageKind.PreCopy);
        NoVmWasStopped();
    }

    [Fact]
    public void Site_that_is_lost_stops_no_vm_and_the_next_attempt_waits_for_it()
    {
        Begin("v1");
        Pass(5);
        _cut = true;
        Disconnect(There);
        Pass(20);
        Site(West).State.ShouldBe(SiteState.Lost);
        Health().State.ShouldBe(LineState.Down, "it is asked all the same");
        Begin("v2");
        Send(Here, new SourceReport(StampOf("v1"), SourceView.Failed, FailureReason.DataLinkLost));
        _standing[VmId.Of("v1")] = (SourceView.Failed, TargetView.Receiving);
        Pass(60);
        StageOf("v1").ShouldBeOneOf(StageKind.RollingBack, StageKind.DiscardingTarget);
        StageOf("v2").ShouldBe(StageKind.PreMigration);

        _cut = false;
        Connect(There);
        Pass(20);
        Site(West).State.ShouldBe(SiteState.Up);
        Health().State.ShouldBe(LineState.Up);
        StageOf("v2").ShouldBe(StageKind.PreCopy);
        NoVmWasStopped();
    }

    [Fact]
    public void Link_that_nobody_reports_on_is_unknown_and_holds_nobody()
    {
        _watches.Clear();
        Pass(60);
        // The hosts were asked again, but do not tell: as if their reports were lost.
        _watches.Clear();
        Health().State.ShouldBe(LineState.Up, "they were asked again");
        _cut = true;
        Pass(20);
        Health().State.ShouldBe(LineState.Down);
        Disconnect(There);
        Disconnect(Here);
        Pass(5);
        Health().State.ShouldBe(LineState.Unknown);
        Health().Holds(TimeSpan.FromHours(1)).ShouldBeFalse();
    }

    [Fact]
    public void Report_of_a_host_that_is_not_of_the_link_changes_nothing()
    {
        Send(HostId.Of("stranger"), new LineProbed(Link.Name, There, Answered: false, Problem: "x"));
        Send(Here, new LineProbed("no~link", There, Answered: false, Problem: "x"));
        Send(Here, new LineProbed(Link.Name, Here, Answered: false, Problem: "x"));
        Health().Paths.Select(static p => p.ToString()).ShouldBe(["a to b", "b to a"]);
    }

    public bool TrySend(HostId host, Order order)
    {
        if (!IsConnected(host))
            return false;
        _orders.Add(order);
        _unanswered.Enqueue((host, order));
        return true;
    }

    public bool TryWatch(HostId host, LineWatch watch)
    {
        if (!IsConnected(host))
            return false;
        _watches[host] = watch;
        return true;
    }

    public bool IsConnected(HostId host) => !_lost.Contains(host);

    private void NoVmWasStopped()
    {
        _orders.ShouldNotContain(o => o is StopVm || o is ReleaseSource);
        foreach (var vm in _standing.Keys)
        {
            _dispatcher.Run(
                async () =>
                {
                    await foreach (var recorded in _journal.ReadAsync(FabricEvents.StreamOf(vm), 1, CancellationToken.None))
                        recorded.Event.ShouldNotBeOfType<VmStopped>();
                },
                TimeSpan.FromSeconds(1));
        }
    }

    private void Connect(HostId host)
    {
        _lost.Remove(host);
        _dispatcher.Run(() => _coordinator.OnHostConnectedAsync(host, "x", 1).AsTask(), TimeSpan.FromSeconds(1));
        Send(host, new HostFacts("qemu", null, 1, 1, new DataEndpoint($"{host}.example", 7601)));
    }

    private void Disconnect(HostId host)
    {
        _lost.Add(host);
        _watches.Remove(host);
        _dispatcher.Run(
            () => _coordinator.OnHostDisconnectedAsync(host, default!).AsTask(), TimeSpan.FromSeconds(1));
    }

    private void Begin(string vm)
    {
        var now = _dispatcher.Time.GetUtcNow();
        var spec = new VmSpec { Id = VmId.Of(vm), MemoryKiB = 131_136 };
        var decision = VmMachine.Decide(
            new RunningVm(3, spec, Here, 1), new MigrateRequested(There, new MigrationPolicy()), now);
        var migration = FabricEvents.StreamOf(decision.Migration!.Plan.Id);
        var stream = FabricEvents.StreamOf(spec.Id);
        _dispatcher.Run(
            async () =>
            {
                await _journal.AppendAsync(
                    [new StreamAppend(stream, 0, [new VmCreated(spec, Here, now), new VmStartOrdered(1, now), new VmStarted(now)])]);
                await _journal.AppendAsync(
                    [new StreamAppend(stream, 3, [.. decision.Events]), new StreamAppend(migration, 0, [decision.Migration])]);
            },
            TimeSpan.FromSeconds(1));
        _system.Entity(EntityKinds.Migration, migration.Id).Tell(Wake.Up);
    }

    private void Send(HostId host, object message) => _dispatcher.Run(
        () => _coordinator.OnMessageAsync(host, message, CancellationToken.None).AsTask(), TimeSpan.FromSeconds(1));

    private void Pass(int seconds)
    {
        for (var i = 0; i < 10 * seconds; i++)
        {
            _dispatcher.AdvanceBy(TimeSpan.FromMilliseconds(100));
            while (_unanswered.TryDequeue(out var asked))
            {
                if (IsConnected(asked.Host) && Answer(asked.Order) is { } report)
                    Send(asked.Host, report);
            }

            if (++_ticks % (Limits.Sites.ProbeEveryMs / 100) != 0)
                continue;
            foreach (var (host, watch) in _watches.ToArray())
            {
                Send(host, new LineProbed(
                    watch.Link, watch.Target, !_cut, _cut ? null : 50, 1, 0, _cut ? "no answer within 2000 ms" : null));
            }
        }
    }

    private Report? Answer(Order order)
    {
        var (source, target) = _standing.GetValueOrDefault(order.Stamp.Vm, (SourceView.Ready, TargetView.Absent));
        (source, target) = order switch
        {
            PrepareTarget => (SourceView.Ready, TargetView.Prepared),
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

    private LineHealth Health() => Ask<LineDescription>(EntityKinds.WanLink, Link.Name).Health;

    private SiteSight Site(SiteId site) => Ask<SiteSight>(EntityKinds.Site, site.Value);

    private StageKind StageOf(string vm) => Ask<MigrationState>(EntityKinds.Migration, $"{vm}-m4").Stage.Kind;

    private Stamp StampOf(string vm) => ((Begun)Ask<MigrationState>(EntityKinds.Migration, $"{vm}-m4").Stage).Stamp;

    private LineSight Sight(string vm) => Ask<MigrationState>(EntityKinds.Migration, $"{vm}-m4").Line.ShouldNotBeNull();

    private T Ask<T>(string kind, string id)
    {
        T? answer = default;
        _dispatcher.Run(
            async () => answer = await _system.Entity(kind, id).Ask<T>(
                Describe.State, TimeSpan.FromSeconds(10), CancellationToken.None),
            TimeSpan.FromMinutes(1));
        return answer!;
    }
}
