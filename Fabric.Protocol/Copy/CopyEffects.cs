namespace Fabric.Protocol;

/// <summary>What a host's machine for one VM wants done, after its events are in the ledger. Closed.</summary>
public abstract record CopyEffect;

/// <summary>Tell the coordinator. It may be lost.</summary>
public sealed record SendReport(Report Report) : CopyEffect;

/// <summary>Look for what stands in the way of a migration, and report it.</summary>
/// <param name="Order">Which end, and of what.</param>
/// <param name="NotRunning">Why the guest does not run here; null when it does.</param>
public sealed record RunPrecheck(Precheck Order, FailureReason? NotRunning) : CopyEffect;

/// <summary>Start a process, vCPUs stopped, and then look at it.</summary>
public sealed record StartMachine(VmSpec Spec, string Directory) : CopyEffect;

/// <summary>Start a process that waits for bytes, make a ticket for its source, and offer both.</summary>
public sealed record StartIncoming(VmSpec Spec, string Directory, Stamp Stamp, HostId Source) : CopyEffect
{
    /// <summary>Between whom the VM's network moves; null where it has none.</summary>
    public NetworkEnds? Network { get; init; }
}

/// <summary>
/// Make sure that a process is gone, start another that waits for bytes, and give it all that the first was given; the
/// transfer goes on to it. Where that fails, no process is left.
/// </summary>
public sealed record RefillIncoming(VmSpec Spec, string Dead, string Directory, Stamp Stamp) : CopyEffect;

/// <summary>Connect to the target, and send.</summary>
public sealed record StartSending(string Directory, BeginTransfer Order) : CopyEffect;

/// <summary>Watch what the guest writes for a while, and report it.</summary>
public sealed record WatchDirtying(string Directory, MeasureDirtying Order) : CopyEffect;

/// <summary>Send in another way from now on.</summary>
public sealed record AdjustSending(string Directory, TransferPolicy Policy, long? LineShare = null) : CopyEffect;

/// <summary>Send the last pages and the device state.</summary>
public sealed record ContinueSwitchover(string Directory) : CopyEffect;

/// <summary>Cancel an outgoing migration, whatever its phase; on a hung one close its socket.</summary>
public sealed record CancelSending(string Directory) : CopyEffect;

/// <summary>Drop the data link, the relay and the ticket of an attempt.</summary>
public sealed record CloseTransfer : CopyEffect;

/// <summary>Let the vCPUs run.</summary>
public sealed record RunMachine(string Directory) : CopyEffect;

/// <summary>The guest stands still at its source: what the network brings for it waits here from now on.</summary>
public sealed record TurnNetwork(string Directory) : CopyEffect;

/// <summary>Ask the guest to turn itself off.</summary>
public sealed record PowerDownMachine(string Directory) : CopyEffect;

/// <summary>End the process at once; it vanishes.</summary>
public sealed record KillMachine(string Directory) : CopyEffect;

/// <summary>What was decided: events for the ledger, then effects.</summary>
public sealed record CopyDecision(IReadOnlyList<CopyEvent> Events, IReadOnlyList<CopyEffect> Effects);
