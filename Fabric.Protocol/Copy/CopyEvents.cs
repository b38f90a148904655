namespace Fabric.Protocol;

/// <summary>
/// What happened to this host's copy of a VM. Those that are not <see cref="CopySight"/>s are in the ledger.
/// </summary>
public abstract record CopyEvent;

/// <summary>It is to run here under a new epoch.</summary>
public sealed record CopyStartNoted(Stamp Stamp, VmSpec Spec, string Directory) : CopyEvent;

/// <summary>It is to end.</summary>
public sealed record CopyStopNoted(Stamp Stamp) : CopyEvent;

/// <summary>Its process is dead, or is being ended because its guest is done.</summary>
/// <param name="Ended">How.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">In words.</param>
/// <param name="Paused">The attempt under way had paused it, and its guest did not run since.</param>
public sealed record CopyEnded(LifeView Ended, FailureReason? Reason, string? Detail, bool Paused = false) : CopyEvent;

/// <summary>It is being sent away: its local disks first, if it has any.</summary>
public sealed record OutgoingBegun(Stamp Stamp) : CopyEvent;

/// <summary>It is paused for good.</summary>
public sealed record HandOffNoted : CopyEvent;

/// <summary>It may run again: the attempt is rolled back.</summary>
public sealed record RollbackNoted(Stamp Stamp) : CopyEvent;

/// <summary>The attempt is over here and the guest runs.</summary>
public sealed record OutgoingEnded(Stamp Stamp, FailureReason Reason, string? Detail) : CopyEvent;

/// <summary>It may run again under a higher epoch: the commit was reverted.</summary>
public sealed record RegrantNoted(Stamp Stamp) : CopyEvent;

/// <summary>The target runs: the paused copy is to be dropped.</summary>
public sealed record ReleaseNoted(Stamp Stamp) : CopyEvent;

/// <summary>A copy is to come in.</summary>
public sealed record IncomingNoted(Stamp Stamp, VmSpec Spec, string Directory, HostId Source) : CopyEvent;

/// <summary>
/// The process of a copy that comes in died, and another is to take its place in the same attempt. From here on the
/// ledger speaks of that one, which may not be there yet.
/// </summary>
/// <param name="Directory">The other's.</param>
/// <param name="Count">How many were replaced in this attempt, with this one.</param>
/// <param name="Detail">How it died.</param>
public sealed record IncomingReplaced(string Directory, int Count, string? Detail) : CopyEvent;

/// <summary>The attempt is closed: no grant for it will be obeyed.</summary>
public sealed record IncomingClosed(Stamp Stamp, FailureReason Reason, string? Detail, bool ProcessIsGone) : CopyEvent;

/// <summary>The commit is known: it may run under the new epoch.</summary>
public sealed record GrantNoted(Stamp Stamp) : CopyEvent;

/// <summary>A closed copy's process is gone.</summary>
public sealed record CopyCleared : CopyEvent;

/// <summary>What was seen of a process: kept in memory only, and looked at again after a restart.</summary>
public abstract record CopySight : CopyEvent;

/// <summary>The vCPUs of an owned copy run or not.</summary>
public sealed record OwnedSighted(bool Running, ActivationTimes? Activation) : CopySight;

/// <summary>How far an outgoing copy is.</summary>
public sealed record OutgoingSighted(OutgoingPhase Phase, TransferProgress? Progress) : CopySight
{
    /// <summary>How long the parts of the hand-over took.</summary>
    public HandOffTimes? HandOff { get; init; }
}

/// <summary>The way of an outgoing copy is broken; the hypervisor will say so too.</summary>
public sealed record OutgoingBroken(FailureReason Reason, string? Detail) : CopySight;

/// <summary>How far an incoming copy is.</summary>
public sealed record IncomingSighted(IncomingPhase Phase, TransferOffer? Offer) : CopySight;
