namespace Fabric.Protocol;

/// <summary>What a VM can be told. Closed.</summary>
public abstract record VmInput;

/// <summary>Define it, stopped, at a host.</summary>
public sealed record CreateVm(VmSpec Spec, HostId Host) : VmInput;

/// <summary>Run it.</summary>
public sealed record StartRequested : VmInput;

/// <summary>End it.</summary>
public sealed record StopRequested(bool Force) : VmInput;

/// <summary>Forget it; it must be stopped.</summary>
public sealed record DeleteRequested : VmInput;

/// <summary>Move it. The shell has looked whether the target host is known and connected.</summary>
public sealed record MigrateRequested(HostId Target, MigrationPolicy Policy) : VmInput
{
    /// <summary>What the shell knows of the hosts' places in the network; null when the VM has none.</summary>
    public NetworkEnds? Network { get; init; }
}

/// <summary>Its owner's agent reported.</summary>
public sealed record LifeReported(HostId Host, LifeReport Report) : VmInput;

/// <summary>Its owner's agent refused an order.</summary>
public sealed record LifeRefused(HostId Host, OrderRefused Refused) : VmInput;

/// <summary>The stream was read, the owner's agent connected, or time passed: repeat what is outstanding.</summary>
public sealed record VmWoken : VmInput;

/// <summary>What a VM wants done, after its events are durable. Closed.</summary>
public abstract record VmEffect;

/// <summary>Send an order to a host.</summary>
public sealed record SendLifeOrder(HostId Host, Order Order) : VmEffect;

/// <summary>Answer the request.</summary>
public sealed record VmAnswer(VmRefusal? Refusal) : VmEffect;

/// <summary>Let the migration's actor read its stream and go.</summary>
public sealed record WakeMigration(MigrationId Migration) : VmEffect;

/// <summary>Wake this VM after a time.</summary>
public sealed record WakeVmAfter(long Milliseconds) : VmEffect;

/// <summary>Why a request was not taken; nothing was changed.</summary>
public sealed record VmRefusal(VmRefusalCode Code, FailureReason? Reason, string Detail);

/// <summary>Kinds of refusal, as a caller must treat them. Closed.</summary>
public enum VmRefusalCode
{
    /// <summary>There is no such VM.</summary>
    NotFound = 1,

    /// <summary>Not in the VM's present state.</summary>
    Conflict,

    /// <summary>The request itself is wrong.</summary>
    Invalid,
}

/// <summary>
/// What was decided: events of the VM, and the first events of a migration it starts, in one transaction.
/// </summary>
public sealed record VmDecision(
    IReadOnlyList<VmEvent> Events, MigrationRequested? Migration, IReadOnlyList<VmEffect> Effects);
