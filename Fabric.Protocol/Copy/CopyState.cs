namespace Fabric.Protocol;

/// <summary>One attempt of one migration.</summary>
public sealed record AttemptRef(MigrationId Migration, long Term, int Attempt)
{
    /// <summary>The attempt that a stamp speaks of; null when it speaks of none.</summary>
    public static AttemptRef? Of(Stamp stamp) =>
        stamp.Migration is { } migration ? new AttemptRef(migration, stamp.Term, stamp.Attempt) : null;

    /// <summary>Whether a stamp speaks of this attempt, whatever the epoch.</summary>
    public bool Is(Stamp stamp) => stamp.Migration == Migration && stamp.Term == Term && stamp.Attempt == Attempt;
}

/// <summary>How an attempt ended here.</summary>
public sealed record ClosedAttempt(AttemptRef Attempt, FailureReason Reason, string? Detail);

/// <summary>The newest stamp that the ledger has acted on; anything older is refused (rule 8).</summary>
public sealed record Fence(long Epoch, long Term, int Attempt)
{
    /// <summary>Nothing was seen yet.</summary>
    public static Fence None { get; } = new(0, 0, 0);

    /// <summary>The newer of this fence and a stamp.</summary>
    public Fence Raised(Stamp stamp) =>
        (stamp.Epoch, stamp.Term, stamp.Attempt).CompareTo((Epoch, Term, Attempt)) > 0
            ? new Fence(stamp.Epoch, stamp.Term, stamp.Attempt)
            : this;

    /// <summary>
    /// Why an order with this stamp is too old; null when it is not. Orders of the VM's own life have only an epoch.
    /// </summary>
    public Refusal? Judge(Stamp stamp)
    {
        if (stamp.Epoch < Epoch)
            return Refusal.StaleEpoch;
        return stamp is { Epoch: var epoch, Attempt: > 0 } && epoch == Epoch
            && (stamp.Term, stamp.Attempt).CompareTo((Term, Attempt)) < 0
            ? Refusal.StaleAttempt
            : null;
    }
}

/// <summary>
/// What this host has of one VM. The ledger holds the events behind it; fields said to be <i>seen</i> live in memory
/// and are looked at again after a restart.
/// </summary>
public abstract record CopyState(Fence Fence);

/// <summary>Nothing. An attempt that was closed here stays closed.</summary>
public sealed record NoCopy(Fence Fence, ClosedAttempt? Closed) : CopyState(Fence)
{
    /// <summary>An empty ledger.</summary>
    public static NoCopy Initial { get; } = new(Fence.None, null);
}

/// <summary>A process, or the memory of one.</summary>
/// <param name="Fence">The newest stamp.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Directory">Its own directory, relative to the agent's, where its process is found again.</param>
/// <param name="Epoch">The epoch under which it may run; for one that is coming in, the epoch before the
/// commit.</param>
/// <param name="GrantedBy">The attempt that brought it here, if one did.</param>
public abstract record HeldCopy(Fence Fence, VmSpec Spec, string Directory, long Epoch, AttemptRef? GrantedBy)
    : CopyState(Fence);

/// <summary>This host owns the VM and it may run.</summary>
/// <param name="Fence">The newest stamp.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Directory">Its directory.</param>
/// <param name="Epoch">The epoch under which it runs.</param>
/// <param name="GrantedBy">The attempt that brought it here.</param>
/// <param name="Running">Seen: its vCPUs run.</param>
/// <param name="Stopping">It was told to end.</param>
/// <param name="LastEnded">The last attempt to send it away, which ended.</param>
/// <param name="Activation">Seen: how long the grant took.</param>
public sealed record OwnedCopy(
    Fence Fence, VmSpec Spec, string Directory, long Epoch, AttemptRef? GrantedBy,
    bool Running, bool Stopping, ClosedAttempt? LastEnded, ActivationTimes? Activation)
    : HeldCopy(Fence, Spec, Directory, Epoch, GrantedBy);

/// <summary>How far a copy has gone away.</summary>
public enum OutgoingPhase
{
    /// <summary>Begun; the hypervisor has not been seen sending yet.</summary>
    Starting = 1,

    /// <summary>Seen: its disks are being copied.</summary>
    Syncing,

    /// <summary>Seen: its disks are nearly equal.</summary>
    Synced,

    /// <summary>Seen: pre-copy.</summary>
    Sending,

    /// <summary>Seen: paused for the last pages.</summary>
    Paused,

    /// <summary>Noted: paused for good. It may run only by a rollback or a grant.</summary>
    HandedOff,

    /// <summary>Noted: it may run again, and is being resumed.</summary>
    Resuming,
}

/// <summary>It is being sent away. Until the hand-off is noted, the hypervisor may resume it by itself.</summary>
public sealed record OutgoingCopy(
    Fence Fence, VmSpec Spec, string Directory, long Epoch, AttemptRef? GrantedBy,
    AttemptRef Attempt, OutgoingPhase Phase, FailureReason? Broken, string? BrokenDetail, TransferProgress? Progress)
    : HeldCopy(Fence, Spec, Directory, Epoch, GrantedBy)
{
    /// <summary>Seen: how long the parts of the hand-over took.</summary>
    public HandOffTimes? HandOff { get; init; }
}

/// <summary>How far a copy has come.</summary>
public enum IncomingPhase
{
    /// <summary>Its process is being started.</summary>
    Starting = 1,

    /// <summary>Seen: it waits, and a ticket was made.</summary>
    Prepared,

    /// <summary>Seen: bytes arrive.</summary>
    Receiving,

    /// <summary>Seen: all is here.</summary>
    Loaded,
}

/// <summary>It is coming in and must not run.</summary>
/// <param name="Fence">The newest stamp.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Directory">That of the one process that may be there.</param>
/// <param name="Epoch">The epoch before the commit.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Attempt">Which.</param>
/// <param name="Phase">Seen: how far it is.</param>
/// <param name="Offer">Seen: what its source is to be told.</param>
/// <param name="Replaced">How many of its processes died and were replaced.</param>
public sealed record IncomingCopy(
    Fence Fence, VmSpec Spec, string Directory, long Epoch, HostId Source, AttemptRef Attempt,
    IncomingPhase Phase, TransferOffer? Offer, int Replaced = 0) : HeldCopy(Fence, Spec, Directory, Epoch, null);

/// <summary>It must never run again, and its process is being ended.</summary>
/// <param name="Fence">The newest stamp.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Directory">Its directory.</param>
/// <param name="Epoch">The epoch under which it ran.</param>
/// <param name="GrantedBy">The attempt that brought it here.</param>
/// <param name="Closed">The attempt that is closed, when it was coming in.</param>
/// <param name="ReleasedBy">The attempt whose target runs, when it had gone away.</param>
public sealed record ClosingCopy(
    Fence Fence, VmSpec Spec, string Directory, long Epoch, AttemptRef? GrantedBy, ClosedAttempt? Closed,
    AttemptRef? ReleasedBy)
    : HeldCopy(Fence, Spec, Directory, Epoch, GrantedBy);

/// <summary>This host owns the VM, and its process is dead.</summary>
/// <param name="Fence">The newest stamp.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Directory">Its directory.</param>
/// <param name="Epoch">The epoch under which it ran.</param>
/// <param name="GrantedBy">The attempt that brought it here.</param>
/// <param name="Ended">How.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">In words.</param>
/// <param name="PausedFor">The attempt that had paused it, when its guest is known not to have run since.</param>
public sealed record EndedCopy(
    Fence Fence, VmSpec Spec, string Directory, long Epoch, AttemptRef? GrantedBy,
    LifeView Ended, FailureReason? Reason, string? Detail, AttemptRef? PausedFor)
    : HeldCopy(Fence, Spec, Directory, Epoch, GrantedBy);
