using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Coordination;

/// <summary>Who is told of a VM's place in its overlay, and when.</summary>
public sealed class OverlayActorTests : IHostLinks
{
    private static readonly DataEndpoint Data = new("10.0.0.1", 7601);
    private readonly DeterministicDispatcher _dispatcher = new(1);
    private readonly MemoryJournal _journal;
    private readonly List<(string Host, OverlayPlace Place)> _told = [];
    private readonly VmSpec _spec = new()
    {
        Id = VmId.Of("v1"),
        MemoryKiB = 131_136,
        Network = new NetworkSpec
        {
            Kind = NetworkKind.Vxlan,
            Mac = MacAddress.Of("52:54:00:aa:00:01"),
            Addresses = [HostAddress.Of("10.99.0.7")],
            Tap = "vtap",
            Bridge = "brov",
            Vni = 100,
            Mtu = 1450,
        },
    };

    private Coordinator _coordinator = null!;
    private ActorSystem _system = null!;

    public OverlayActorTests() => _journal = new MemoryJournal(FabricEvents.Registry, _dispatcher.Time);

    [Fact]
    public void Every_host_is_told_where_a_VM_is_when_its_owner_is_known_and_when_that_changes()
    {
        RunsAt("a");
        Start();
        Says("b", 2);
        _told.ShouldBeEmpty("where the owner is reached, nobody has said yet");
        Says("a", 1);
        Told().ShouldBe(["b v1 e1 at a 10.1.0.11 of 2", "a v1 e1 at a 10.1.0.11 of 2"], ignoreOrder: true);

        Moves("b");
        Told().ShouldBe(["b v1 e2 at b 10.2.0.11 of 2", "a v1 e2 at b 10.2.0.11 of 2"], ignoreOrder: true);
    }

    [Fact]
    public void A_host_that_comes_again_is_told_all_and_one_that_is_new_is_told_to_the_others()
    {
        RunsAt("a");
        Start();
        Says("a", 1);
        Says("b", 2);
        Told();
        Says("b", 2);
        Told().ShouldBe(["b v1 e1 at a 10.1.0.11 of 2"]);
        Says("c", 3);
        Told().ShouldBe(
            ["a v1 e1 at a 10.1.0.11 of 3", "b v1 e1 at a 10.1.0.11 of 3", "c v1 e1 at a 10.1.0.11 of 3"],
            ignoreOrder: true);
    }

    [Fact]
    public void That_a_VM_was_removed_is_told_to_every_host_and_to_those_that_come_later()
    {
        RunsAt("a");
        Start();
        Says("a", 1);
        Says("b", 2);
        Asks(new StopRequested(Force: true));
        Reports("a", new LifeReport(Stamp.OfLife(_spec.Id, 1), LifeView.Stopped, null, null));
        Told();
        Asks(new DeleteRequested());
        Told().ShouldBe(["b v1 gone", "a v1 gone"], ignoreOrder: true);
        Says("b", 2);
        Told().ShouldBe(["b v1 gone"]);
        Asks(new CreateVm(_spec, HostId.Of("b")));
        Told().ShouldBe(["b v1 e1 at b 10.2.0.11 of 2", "a v1 e1 at b 10.2.0.11 of 2"], ignoreOrder: true);
    }

    [Fact]
    public void A_VM_of_another_kind_of_network_is_nobodys_affair()
    {
        RunsAt("a", _spec with { Network = null });
        Start();
        Says("a", 1);
        Says("b", 2);
        _told.ShouldBeEmpty();
    }

    public bool TrySend(HostId host, Order order) => true;

    public bool TrySend(HostId host, OverlayPlace place)
    {
        place.Faults().ShouldBeEmpty();
        _told.Add((host.Value, place));
        return true;
    }

    public bool IsConnected(HostId host) => true;

    private void RunsAt(string host, VmSpec? spec = null)
    {
        var now = _dispatcher.Time.GetUtcNow();
        Append(0, new VmCreated(spec ?? _spec, HostId.Of(host), now), new VmStartOrdered(1, now), new VmStarted(now));
    }

    /// <summary>As a migration's commit writes it.</summary>
    private void Moves(string host)
    {
        var now = _dispatcher.Time.GetUtcNow();
        var migration = MigrationId.Of("v1-m4");
        Append(
            3, new VmLocked(migration, HostId.Of(host), now), new OwnershipMoved(migration, HostId.Of(host), 2, now));
        _system.Entity(EntityKinds.Vm, "v1").Tell(StreamMoved.Now);
        _system.EventStream.Publish(new VmNews(VmId.Of("v1")));
        _dispatcher.AdvanceBy(TimeSpan.FromMilliseconds(100));
    }

    private void Append(long after, params object[] events) => _dispatcher.Run(
        () => _journal.AppendAsync([new StreamAppend(FabricEvents.StreamOf(_spec.Id), after, events)]),
        TimeSpan.FromSeconds(1));

    private void Start()
    {
        _system = new ActorSystem(
            new ActorSystemOptions { Name = "test", TimeProvider = _dispatcher.Time, Dispatcher = _dispatcher, Seed = 1 });
        _coordinator = new Coordinator(_system, _journal, this, hold: null);
        _dispatcher.Run(() => _coordinator.ResumeAsync(CancellationToken.None), TimeSpan.FromSeconds(1));
        _dispatcher.AdvanceBy(TimeSpan.FromMilliseconds(100));
    }

    private void Says(string host, int number)
    {
        var facts = new HostFacts("qemu", null, 1 << 30, 1 << 30, Data) { Underlay = HostAddress.Of($"10.{number}.0.11") };
        _dispatcher.Run(
            () => _coordinator.OnMessageAsync(HostId.Of(host), facts, CancellationToken.None).AsTask(),
            TimeSpan.FromSeconds(1));
        _dispatcher.AdvanceBy(TimeSpan.FromMilliseconds(100));
    }

    private void Asks(object request)
    {
        _dispatcher.Run(
            () => _system.Entity(EntityKinds.Vm, "v1").Ask<VmReply>(request, TimeSpan.FromSeconds(1)), TimeSpan.FromSeconds(2))
            .Refusal.ShouldBeNull();
        _dispatcher.AdvanceBy(TimeSpan.FromMilliseconds(100));
    }

    private void Reports(string host, Report report)
    {
        _dispatcher.Run(
            () => _coordinator.OnMessageAsync(HostId.Of(host), report, CancellationToken.None).AsTask(),
            TimeSpan.FromSeconds(1));
        _dispatcher.AdvanceBy(TimeSpan.FromMilliseconds(100));
    }

    private string[] Told()
    {
        string[] told = [.. _told.Select(t => t.Place.IsGone
            ? $"{t.Host} {t.Place.Vm} gone"
            : $"{t.Host} {t.Place.Vm} e{t.Place.Epoch} at {t.Place.At.Host} {t.Place.At.Underlay} of {t.Place.Members.Count}")];
        _told.Clear();
        return told;
    }
}
