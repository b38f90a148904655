using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// The names of all events, in the journal and in a host's ledger. A name is never given to another event.
/// </summary>
public static class FabricEvents
{
    /// <summary>The closed set of both.</summary>
    public static EventRegistry Registry { get; } = EventRegistry.Create(b =>
    {
        var json = ProtocolJson.Default;
        b.Add("migration.requested.v1", json.MigrationRequested)
            .Add("migration.attempt-started.v1", json.AttemptStarted)
            .Add("migration.target-reserved.v1", json.TargetReserved)
            .Add("migration.storage-ready.v1", json.StorageReady)
            .Add("migration.round-completed.v1", json.RoundCompleted)
            .Add("migration.decision-taken.v1", json.DecisionTaken)
            .Add("migration.transfer-policy-changed.v1", json.TransferPolicyChanged)
            .Add("migration.source-paused.v1", json.SourcePaused)
            .Add("migration.source-handed-off.v2", json.SourceHandedOff)
            .Add("migration.target-loaded.v1", json.TargetLoaded)
            .Add("migration.committed.v1", json.Committed)
            .Add("migration.activated.v1", json.Activated)
            .Add("migration.attempt-abandoned.v1", json.AttemptAbandoned)
            .Add("migration.rolled-back.v1", json.RolledBack)
            .Add("migration.commit-reverted.v1", json.CommitReverted)
            .Add("migration.held.v1", json.HeldForOperator)
            .Add("migration.source-declared-gone.v1", json.SourceDeclaredGone)
            .Add("migration.source-came-back.v1", json.SourceCameBack)
            .Add("migration.target-declared-gone.v1", json.TargetDeclaredGone)
            .Add("migration.target-came-back.v1", json.TargetCameBack)
            .Add("migration.ended.v1", json.MigrationEnded)
            .Add("migration.cleaned-up.v1", json.CleanedUp);
        // v1 did not say what had crossed the wire.
        b.Upcast("migration.source-handed-off.v1", "migration.source-handed-off.v2", handedOff => handedOff);
        b.Add("vm.created.v1", json.VmCreated)
            .Add("vm.start-ordered.v1", json.VmStartOrdered)
            .Add("vm.started.v1", json.VmStarted)
            .Add("vm.stop-ordered.v1", json.VmStopOrdered)
            .Add("vm.stopped.v1", json.VmStopped)
            .Add("vm.deleted.v1", json.VmDeleted)
            .Add("vm.locked.v1", json.VmLocked)
            .Add("vm.ownership-moved.v1", json.OwnershipMoved)
            .Add("vm.unlocked.v1", json.VmUnlocked);
        b.Add("copy.start-noted.v1", json.CopyStartNoted)
            .Add("copy.stop-noted.v1", json.CopyStopNoted)
            .Add("copy.ended.v1", json.CopyEnded)
            .Add("copy.outgoing-begun.v1", json.OutgoingBegun)
            .Add("copy.hand-off-noted.v1", json.HandOffNoted)
            .Add("copy.rollback-noted.v1", json.RollbackNoted)
            .Add("copy.outgoing-ended.v1", json.OutgoingEnded)
            .Add("copy.regrant-noted.v1", json.RegrantNoted)
            .Add("copy.release-noted.v1", json.ReleaseNoted)
            .Add("copy.incoming-noted.v1", json.IncomingNoted)
            .Add("copy.incoming-replaced.v1", json.IncomingReplaced)
            .Add("copy.incoming-closed.v1", json.IncomingClosed)
            .Add("copy.grant-noted.v1", json.GrantNoted)
            .Add("copy.cleared.v1", json.CopyCleared);
        b.Add("host.joined.v1", json.HostJoined);
    });

    /// <summary>A VM's stream.</summary>
    public static StreamId StreamOf(VmId vm) => new("vm", vm.Value);

    /// <summary>A migration's stream.</summary>
    public static StreamId StreamOf(MigrationId migration) => new("migration", migration.Value);

    /// <summary>A host's stream at the coordinator.</summary>
    public static StreamId StreamOf(HostId host) => new("host", host.Value);

    /// <summary>A copy's stream in a host's ledger.</summary>
    public static StreamId CopyStreamOf(VmId vm) => new("copy", vm.Value);
}
