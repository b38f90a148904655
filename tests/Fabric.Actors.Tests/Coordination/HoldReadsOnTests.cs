using System.Threading.Channels;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Coordination;

/// <summary>
/// A hold waits for a person and writes nothing, so its coordinator never meets another one that writes: one that was
/// stopped, and wakes with the person's word in its hands. (Found by the simulator: the VM was paused for ever.)
/// </summary>
public sealed class HoldReadsOnTests : IHostLinks, IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);
    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly MigrationId Migration = MigrationId.Of("v1-m4");
    private static readonly (HostId Source, HostId Target) Hosts = (HostId.Of("a"), HostId.Of("b"));

    private readonly string _root = Directory.CreateTempSubdirectory("fabric-hold-").FullName;
    private readonly Channel<Order> _orders = Channel.CreateBounded<Order>(
        new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly ActorSystem _system = new(
        new ActorSystemOptions { Name = "successor", TimeProvider = TimeProvider.System });

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_recovery_that_an_old_coordinator_wrote_during_the_hold_is_taken_up()
    {
        await using var old = Open();
        await using var journal = Open();
        var now = TimeProvider.System.GetUtcNow();
        var policy = new MigrationPolicy { OrderRetryMs = 20 };
        var spec = new VmSpec { Id = Vm, MemoryKiB = 131_136 };
        var plan = new MigrationPlan(Migration, Hosts.Source, Hosts.Target, 1, 4, spec, policy);
        await old.AppendAsync(
        [
            new StreamAppend(
                FabricEvents.StreamOf(Vm), 0,
                [
                    new VmCreated(spec, Hosts.Source, now), new VmStartOrdered(1, now), new VmStarted(now),
                    new VmLocked(Migration, Hosts.Target, now), new OwnershipMoved(Migration, Hosts.Target, 2, now),
                ]),
            new StreamAppend(
                FabricEvents.StreamOf(Migration), 0,
                [
                    new MigrationRequested(plan, now), new AttemptStarted(1, now),
                    new TargetReserved(new DataEndpoint("127.0.0.1", 1), now), new StorageReady(now), new SourcePaused(now),
                    new SourceHandedOff(false, null, now, null), new TargetLoaded(now), new Committed(Hosts.Target, 2, now),
                    new HeldForOperator(FailureReason.TargetLostAfterGrant, "killed", now),
                ]),
        ]);
        var successor = new Coordinator(_system, journal, this, hold: null);
        await successor.ResumeAsync(CancellationToken.None);
        await OrderedAsync(under: 2);

        await old.AppendAsync(
        [
            new StreamAppend(
                FabricEvents.StreamOf(Migration), 9,
                [new CommitReverted(Hosts.Source, 3, FailureReason.TargetLostAfterGrant, "accepted", now)]),
            new StreamAppend(FabricEvents.StreamOf(Vm), 5, [new OwnershipMoved(Migration, Hosts.Source, 3, now)]),
        ]);

        await OrderedAsync(under: 3);
        await _system.TerminateAsync();
    }

    public bool TrySend(HostId host, Order order) => _orders.Writer.TryWrite(order);

    public bool IsConnected(HostId host) => true;

    private SqliteJournal Open() => SqliteJournal.Open(
        new SqliteJournalOptions { Path = Path.Combine(_root, "private", "journal.db") }, FabricEvents.Registry,
        TimeProvider.System);

    private async Task OrderedAsync(long under)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while ((await _orders.Reader.ReadAsync(guard.Token)).Stamp.Epoch != under)
        {
        }
    }
}
