using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>
/// What the coordinator asks of a host's agent. Orders are idempotent and may be lost, repeated or late; the stamp says
/// which may still be obeyed. The set is closed: an unknown one is refused by the codec.
/// </summary>
[JsonPolymorphic(
    TypeDiscriminatorPropertyName = "order",
    UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(StartVm), "start-vm")]
[JsonDerivedType(typeof(StopVm), "stop-vm")]
[JsonDerivedType(typeof(ObserveVm), "observe-vm")]
[JsonDerivedType(typeof(MeasureDirtying), "measure-dirtying")]
[JsonDerivedType(typeof(Precheck), "precheck")]
[JsonDerivedType(typeof(PrepareTarget), "prepare-target")]
[JsonDerivedType(typeof(BeginTransfer), "begin-transfer")]
[JsonDerivedType(typeof(AdjustTransfer), "adjust-transfer")]
[JsonDerivedType(typeof(Observe), "observe")]
[JsonDerivedType(typeof(RollBackSource), "roll-back-source")]
[JsonDerivedType(typeof(DiscardTarget), "discard-target")]
[JsonDerivedType(typeof(Grant), "grant")]
[JsonDerivedType(typeof(ReleaseSource), "release-source")]
[JsonDerivedType(typeof(FlipNetwork), "flip-network")]
public abstract record Order(Stamp Stamp);

/// <summary>Run the VM here; the stamp's epoch is new.</summary>
public sealed record StartVm(Stamp Stamp, VmSpec Spec) : Order(Stamp);

/// <summary>End the VM here: ask the guest first, or at once when forced.</summary>
public sealed record StopVm(Stamp Stamp, bool Force) : Order(Stamp);

/// <summary>Say how the VM lives here.</summary>
public sealed record ObserveVm(Stamp Stamp) : Order(Stamp);

/// <summary>Say how many pages the guest writes in an interval. Nothing is changed by it.</summary>
public sealed record MeasureDirtying(Stamp Stamp, int IntervalMs) : Order(Stamp);

/// <summary>Stage 0: say what stands in the way of this migration here.</summary>
public sealed record Precheck(Stamp Stamp, Side Side, VmSpec Spec) : Order(Stamp)
{
    /// <summary>Between whom the VM's network would move; null where it has none.</summary>
    public NetworkEnds? Network { get; init; }
}

/// <summary>Stage 1: reserve, start a stopped hypervisor, and make a ticket for the named source.</summary>
public sealed record PrepareTarget(Stamp Stamp, VmSpec Spec, HostId Source) : Order(Stamp)
{
    /// <summary>Between whom the VM's network moves; null where it has none.</summary>
    public NetworkEnds? Network { get; init; }
}

/// <summary>Stage 3: send the guest to the endpoint, showing the ticket.</summary>
public sealed record BeginTransfer(
    Stamp Stamp, HostId Target, DataEndpoint Endpoint, string Ticket, TransferPolicy Policy) : Order(Stamp)
{
    /// <summary>
    /// Until the migration is given up, counted from the order: hosts' clocks need not agree. Null: nobody said.
    /// </summary>
    public long? DeadlineInMs { get; init; }

    /// <summary>
    /// What the link between the two sites has for it, bytes a second; 0 is no limit. Null: nobody said, it stays.
    /// </summary>
    public long? LineShare { get; init; }

    /// <summary>Between whom the VM's network moves; null where it has none.</summary>
    public NetworkEnds? Network { get; init; }

    /// <summary>The ticket is a secret and never printed.</summary>
    public override string ToString() => $"BeginTransfer {Stamp} to {Target} at {Endpoint}";
}

/// <summary>Stage 3: send in another way from now on. Without effect where nothing is being sent any more.</summary>
public sealed record AdjustTransfer(Stamp Stamp, TransferPolicy Policy) : Order(Stamp)
{
    /// <summary>
    /// What the link between the two sites has for it, bytes a second; 0 is no limit. Null: nobody said, it stays.
    /// </summary>
    public long? LineShare { get; init; }
}

/// <summary>Say where this attempt stands here.</summary>
public sealed record Observe(Stamp Stamp, Side Side) : Order(Stamp);

/// <summary>Before the commit: end the attempt and let the guest run here again.</summary>
public sealed record RollBackSource(Stamp Stamp) : Order(Stamp);

/// <summary>Before the commit: end the attempt, refuse every grant for it from now on, and free all it holds.</summary>
public sealed record DiscardTarget(Stamp Stamp) : Order(Stamp);

/// <summary>After the commit: note it durably, then run. The stamp's epoch is the committed one.</summary>
public sealed record Grant(Stamp Stamp, Side Side) : Order(Stamp);

/// <summary>
/// After the target is known to run: the paused copy here is dropped. The stamp's epoch is the committed one.
/// </summary>
public sealed record ReleaseSource(Stamp Stamp) : Order(Stamp);

/// <summary>
/// Stage 4: the guest is paused at the source, so what the network brings for it may wait here. A help against losing
/// packets, sent once and answered by nobody: at the latest, the network turns here when the guest is let run.
/// </summary>
public sealed record FlipNetwork(Stamp Stamp) : Order(Stamp);
