using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Coordination;

/// <summary>An old coordinator that wakes may still write; whoever is in its place must come to know of it.</summary>
public sealed class VmReadsAgainTests : IHostLinks
{
    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly HostId Here = HostId.Of("a");
    private readonly List<Order> _orders = [];

    [Fact]
    public void A_migration_that_another_coordinator_began_is_taken_up_within_a_minute()
    {
        var dispatcher = new DeterministicDispatcher(1);
        var journal = new MemoryJournal(FabricEvents.Registry, dispatcher.Time);
        var now = dispatcher.Time.GetUtcNow();
        var spec = new VmSpec { Id = Vm, MemoryKiB = 131_136 };
        Append(new VmCreated(spec, Here, now), new VmStartOrdered(1, now), new VmStarted(now));
        var system = new ActorSystem(
            new ActorSystemOptions { Name = "test", TimeProvider = dispatcher.Time, Dispatcher = dispatcher, Seed = 1 });
        var coordinator = new Coordinator(system, journal, this, hold: null);
        dispatcher.Run(() => coordinator.ResumeAsync(CancellationToken.None), TimeSpan.FromSeconds(1));
        dispatcher.AdvanceBy(TimeSpan.FromSeconds(50));

        var decision = VmMachine.Decide(
            new RunningVm(3, spec, Here, 1), new MigrateRequested(HostId.Of("b"), new MigrationPolicy()),
            dispatcher.Time.GetUtcNow());
        dispatcher.Run(
            () => journal.AppendAsync(
            [
                new StreamAppend(FabricEvents.StreamOf(Vm), 3, [.. decision.Events]),
                new StreamAppend(FabricEvents.StreamOf(decision.Migration!.Plan.Id), 0, [decision.Migration]),
            ]),
            TimeSpan.FromSeconds(1));
        dispatcher.AdvanceBy(TimeSpan.FromSeconds(11));

        _orders.OfType<Precheck>().ShouldNotBeEmpty();

        void Append(params object[] events) => dispatcher.Run(
            () => journal.AppendAsync([new StreamAppend(FabricEvents.StreamOf(Vm), 0, events)]), TimeSpan.FromSeconds(1));
    }

    public bool TrySend(HostId host, Order order)
    {
        _orders.Add(order);
        return true;
    }

    public bool IsConnected(HostId host) => true;
}
