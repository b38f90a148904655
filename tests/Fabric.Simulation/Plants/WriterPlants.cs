using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Simulation.Engine;
using Fabric.Simulation.World;

namespace Fabric.Simulation.Plants;

/// <summary>Writers of journals and ledgers that promise what they do not keep, each in one way.</summary>
internal static class WriterPlants
{
    public static IReadOnlyList<Plant> All { get; } =
    [
        new("ledger-replies-before-persist", "a host acts and answers before its ledger is written")
        {
            LedgerWriter = () => new Early(SimDisk.SyncState.InProcess),
        },
        new("ledger-not-fsynced", "a host's ledger is written and not synced: a power cut takes it back")
        {
            LedgerWriter = () => new Early(SimDisk.SyncState.InPageCache),
        },
        new("journal-replies-before-persist", "the coordinator acts and answers before its journal is written")
        {
            JournalWriter = () => new Early(SimDisk.SyncState.InProcess),
        },
        new("journal-not-fsynced", "the coordinator's journal is written and not synced: a power cut takes it back")
        {
            JournalWriter = () => new Early(SimDisk.SyncState.InPageCache),
        },
        new("two-writers-tolerated", "a writer that another one has overtaken writes all the same")
        {
            JournalWriter = () => new Rebasing(),
        },
        new("hold-never-read-on", "a migration that waits does not look whether another coordinator has written")
        {
            NeverReadOn = EntityKinds.Migration,
        },
        new("vm-never-read-on", "a VM that waits does not look whether another coordinator has written")
        {
            NeverReadOn = EntityKinds.Vm,
        },
        new("commit-in-two-transactions", "the parts of one append are written one after the other")
        {
            JournalWriter = () => new Splitting(),
        },
        new("failed-append-ignored", "an append that failed is taken as done")
        {
            JournalWriter = () => new Deaf(),
        },
        new("failed-note-ignored", "a note that the ledger did not take is taken as made")
        {
            LedgerWriter = () => new Deaf(),
        },
    ];

    /// <summary>Answers at once; what it holds reaches the disk a while later, or not.</summary>
    private sealed class Early(SimDisk.SyncState sync) : IDiskPlant
    {
        private static readonly long Later = SimScheduler.Ms(150);

        public bool IgnoresFailures => false;

        void IDiskPlant.Append(SimDisk disk, SimDisk.Pending pending, long ticks)
        {
            pending.Sync = sync;
            pending.Process.After(ticks, () => pending.Answer.TrySetResult(new AppendResult([])));
            pending.Process.After(ticks + Later, () => disk.Commit(pending));
        }

        bool IDiskPlant.Rebase(SimDisk disk, SimDisk.Pending pending) => false;
    }

    private sealed class Rebasing : IDiskPlant
    {
        public bool IgnoresFailures => false;

        void IDiskPlant.Append(SimDisk disk, SimDisk.Pending pending, long ticks) =>
            pending.Process.After(ticks, () => disk.Commit(pending));

        bool IDiskPlant.Rebase(SimDisk disk, SimDisk.Pending pending) => true;
    }

    private sealed class Splitting : IDiskPlant
    {
        private static readonly long Between = SimScheduler.Ms(2);

        public bool IgnoresFailures => false;

        void IDiskPlant.Append(SimDisk disk, SimDisk.Pending pending, long ticks) => pending.Process.After(ticks, () =>
        {
            if (pending.Appends.Count == 1)
            {
                disk.Commit(pending);
                return;
            }

            var rest = pending.Appends.Skip(1).ToList();
            disk.Write([pending.Appends[0]]);
            pending.Appends = rest;
            pending.Process.After(Between, () => disk.Commit(pending));
        });

        bool IDiskPlant.Rebase(SimDisk disk, SimDisk.Pending pending) => false;
    }

    private sealed class Deaf : IDiskPlant
    {
        public bool IgnoresFailures => true;

        void IDiskPlant.Append(SimDisk disk, SimDisk.Pending pending, long ticks) =>
            pending.Process.After(ticks, () => disk.Commit(pending));

        bool IDiskPlant.Rebase(SimDisk disk, SimDisk.Pending pending) => false;
    }
}
