namespace Fabric.Protocol;

/// <summary>What happened to a VM. All are in the journal, in the VM's own stream.</summary>
public abstract record VmEvent;

/// <summary>It is defined, stopped, at a host.</summary>
public sealed record VmCreated(VmSpec Spec, HostId Owner, DateTimeOffset At) : VmEvent;

/// <summary>It is to run on its owner under a new epoch.</summary>
public sealed record VmStartOrdered(long Epoch, DateTimeOffset At) : VmEvent;

/// <summary>It runs.</summary>
public sealed record VmStarted(DateTimeOffset At) : VmEvent;

/// <summary>It is to end.</summary>
public sealed record VmStopOrdered(bool Force, DateTimeOffset At) : VmEvent;

/// <summary>It ended: by order, by itself (no reason), or because its process died or did not start.</summary>
public sealed record VmStopped(FailureReason? Reason, string? Detail, DateTimeOffset At) : VmEvent;

/// <summary>It is defined no more.</summary>
public sealed record VmDeleted(DateTimeOffset At) : VmEvent;

/// <summary>A migration has it; nothing else may change it until it is unlocked.</summary>
public sealed record VmLocked(MigrationId Migration, HostId Target, DateTimeOffset At) : VmEvent;

/// <summary>
/// Another host owns it, under a new epoch. Written in the transaction of a commit, or of its reversal.
/// </summary>
public sealed record OwnershipMoved(MigrationId Migration, HostId Owner, long Epoch, DateTimeOffset At) : VmEvent;

/// <summary>The migration is over, and the VM runs at its owner or not.</summary>
public sealed record VmUnlocked(
    MigrationId Migration, MigrationOutcome Outcome, bool Running, DateTimeOffset At,
    FailureReason? Reason = null) : VmEvent;
