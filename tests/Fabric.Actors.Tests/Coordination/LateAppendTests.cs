using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Actors.Tests.Scenarios;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Coordination;

/// <summary>
/// An append that was given up may still be written. Then the migration's next one meets it, and the VM, whose stream was
/// part of it, must come to know of it too. (Found by the simulator: the VM was migrating for ever.)
/// </summary>
public sealed class LateAppendTests : IHostLinks
{
    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly MigrationId Migration = MigrationId.Of("v1-m4");

    [Fact]
    public void A_vm_hears_of_an_end_that_was_written_late()
    {
        var dispatcher = new DeterministicDispatcher(1);
        var journal = new MemoryJournal(FabricEvents.Registry, dispatcher.Time);
        var now = dispatcher.Time.GetUtcNow();
        var spec = new VmSpec { Id = Vm, MemoryKiB = 131_136 };
        var (here, there) = (HostId.Of("a"), HostId.Of("b"));
        var plan = new MigrationPlan(Migration, here, there, 1, 4, spec, new MigrationPolicy());
        Append(
            new StreamAppend(
                FabricEvents.StreamOf(Vm), 0,
                [new VmCreated(spec, here, now), new VmStartOrdered(1, now), new VmStarted(now), new VmLocked(Migration, there, now)]),
            new StreamAppend(FabricEvents.StreamOf(Migration), 0, [new MigrationRequested(plan, now), new AttemptStarted(1, now)]));
        var system = new ActorSystem(
            new ActorSystemOptions { Name = "test", TimeProvider = dispatcher.Time, Dispatcher = dispatcher, Seed = 1 });
        var coordinator = new Coordinator(system, journal, this, hold: null);
        dispatcher.Run(() => coordinator.ResumeAsync(CancellationToken.None), TimeSpan.FromSeconds(1));
        dispatcher.RunUntilIdle();

        var dead = FailureReason.SourceVmDied;
        Append(
            new StreamAppend(
                FabricEvents.StreamOf(Migration), 2,
                [
                    new AttemptAbandoned(dead, null, now),
                    new MigrationEnded(MigrationOutcome.Lost, dead, Keeper.Nobody, null, null, now),
                    new CleanedUp(Side.Target, now),
                ]),
            new StreamAppend(
                FabricEvents.StreamOf(Vm), 4, [new VmUnlocked(Migration, MigrationOutcome.Lost, false, now, dead)]));
        dispatcher.Run(
            () => coordinator.OnMessageAsync(
                there, new TargetReport(plan.StampOf(1, 1), TargetView.Gone), CancellationToken.None).AsTask(),
            TimeSpan.FromSeconds(1));
        dispatcher.AdvanceBy(TimeSpan.FromSeconds(2));

        object? state = null;
        system.Entity(EntityKinds.Vm, Vm.Value).Tell(Describe.State, new Ears(answer => state = answer));
        dispatcher.RunUntilIdle();
        state.ShouldBeOfType<StoppedVm>();

        void Append(params StreamAppend[] appends) =>
            dispatcher.Run(() => journal.AppendAsync(appends), TimeSpan.FromSeconds(1));
    }

    public bool TrySend(HostId host, Order order) => true;

    public bool IsConnected(HostId host) => true;
}
