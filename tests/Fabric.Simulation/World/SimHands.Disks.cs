using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <content>
/// Local disks: a copy takes its time, stands while the way is cut, and breaks when it has been for long or when the process
/// that it goes into is gone. The last round, with the guest paused, needs the way too.
/// </content>
internal sealed partial class SimHands
{
    private static readonly long SyncStep = SimScheduler.Ms(200);
    private static readonly long SyncPatience = SimScheduler.Ms(20_000);

    private StartSyncing? _syncing;

    private void BeginSync(StartSyncing e)
    {
        EndTransfer(_outgoing || _ticket is not null);
        _syncing = e;
        Sync(e, steps: 1 + world.StepsOfSync(), stillSince: world.Scheduler.Now);
    }

    /// <summary>Until the transfer ends, a target that goes is noticed here; after that the relays notice it.</summary>
    private void Sync(StartSyncing e, int steps, long stillSince) => agent.Process.After(SyncStep, () =>
    {
        if (_over || _syncing != e || _outgoing)
            return;
        var (far, gone) = FarEnd(e);
        if (gone)
        {
            BreakSync(e, "the target's process is gone");
            return;
        }

        var cut = host.DataCut > 0 || far.DataCut > 0 || far.Agent!.Process.IsStopped;
        if (cut && world.Scheduler.Now - stillSince >= SyncPatience)
        {
            BreakSync(e, "the disk's link did not come back");
            return;
        }

        if (!cut && steps == 1)
            world.Act(host, vm, e, () => Tell(e.Directory, new DisksSynced()));
        Sync(e, cut ? steps : Math.Max(0, steps - 1), cut ? stillSince : world.Scheduler.Now);
    });

    private (SimHost Far, bool Gone) FarEnd(StartSyncing e)
    {
        var far = world.HostOf(e.Order.Target);
        var attempt = $"-t{e.Order.Stamp.Term}-a{e.Order.Stamp.Attempt}";
        return (far, !far.IsUp || !world.Hypervisors.Machines.Any(m => m.Alive && m.Host == far.Id && m.Vm == vm
            && m.Directory.Contains(attempt, StringComparison.Ordinal)));
    }

    private void BreakSync(StartSyncing e, string why)
    {
        _syncing = null;
        world.Act(host, vm, e, () => Tell(e.Directory, new TransferBroke(FailureReason.DiskCopyFailed, why)));
    }

    /// <summary>The guest is paused: what is left of its disk is copied, and only then does the hypervisor go on.</summary>
    private void FinishDisks(ModelMachine machine)
    {
        if (_syncing is not { } sync || machine is not { Phase: MigrationPhase.PreSwitchover, Transfer: { } transfer })
        {
            world.Hypervisors.Continue(machine);
            return;
        }

        if (SimTransfers.IsCut(world, transfer) || !transfer.IsWhole)
        {
            agent.Process.After(SyncStep, () =>
            {
                if (!_over && _syncing == sync && machine.Alive)
                    world.Act(host, vm, sync, () => FinishDisks(machine));
            });
            return;
        }

        if (world.Plant is not { SkipsLastRound: true })
            world.Rules.Disks.Finish(machine, transfer.Target.Host);
        world.Hypervisors.Continue(machine);
    }

    private void RemoveDisks() => world.Rules.Disks.Remove(host.Id, vm, world.Rules.OwnerOf(vm)?.Host);
}
