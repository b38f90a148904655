namespace Fabric.Protocol;

/// <summary>What a host's machine for one VM can be told. Closed.</summary>
public abstract record CopyInput;

/// <summary>The coordinator orders.</summary>
public sealed record OrderGiven(Order Order) : CopyInput;

/// <summary>The ledger was read and the process looked at: where it stands, or that it is dead (<c>null</c>).</summary>
public sealed record CopyRecovered(MachineLook? Look) : CopyInput;

/// <summary>The process was looked at, or spoke.</summary>
public sealed record MachineSeen(MachineLook Look) : CopyInput;

/// <summary>One look at a process.</summary>
/// <param name="Run">Whether its vCPUs run.</param>
/// <param name="Phase">Where its migration stands.</param>
/// <param name="Detail">Its own error text.</param>
/// <param name="Progress">Numbers of its migration.</param>
/// <param name="Activation">How long the grant took, in the first look after it.</param>
public sealed record MachineLook(
    RunState Run, MigrationPhase Phase, string? Detail = null, TransferProgress? Progress = null,
    ActivationTimes? Activation = null)
{
    /// <summary>How long the parts of the hand-over took, in the looks after it; null when nobody was there to see.</summary>
    public HandOffTimes? HandOff { get; init; }
}

/// <summary>The process did not start.</summary>
public sealed record MachineFailedToStart(FailureReason Reason, string Detail) : CopyInput;

/// <summary>The process is gone.</summary>
/// <param name="Detail">In words.</param>
/// <param name="CanRefill">It was coming in, and another process can be given all that it had been given: the transfer
/// goes on, and what it gave is held here.</param>
public sealed record MachineVanished(string Detail, bool CanRefill = false) : CopyInput;

/// <summary>An incoming process waits, and a ticket was made for its source.</summary>
public sealed record OfferMade(TransferOffer Offer) : CopyInput;

/// <summary>The first bytes of an incoming copy arrived.</summary>
public sealed record BytesArrived : CopyInput;

/// <summary>The data link or the relay ended before its time.</summary>
public sealed record TransferBroke(FailureReason Reason, string Detail) : CopyInput;

/// <summary>The local disks are nearly equal, and are kept so.</summary>
/// <param name="Progress">Numbers of it.</param>
public sealed record DisksSynced(TransferProgress? Progress = null) : CopyInput;

/// <summary>A pre-copy round ended.</summary>
public sealed record RoundSeen(Round Round) : CopyInput;

/// <summary>The coordinator is there again: tell it how things stand.</summary>
public sealed record LinkCameUp : CopyInput;
