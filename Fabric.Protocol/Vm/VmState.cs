namespace Fabric.Protocol;

/// <summary>A VM as the coordinator knows it: who owns it, under which epoch, and what its life is.</summary>
/// <param name="Version">Events in its stream so far.</param>
public abstract record VmState(long Version);

/// <summary>Not defined, or deleted.</summary>
/// <param name="Version">Events in its stream so far.</param>
/// <param name="Epoch">The last one: hosts' ledgers remember it, so one that is created again goes on from
/// there.</param>
public sealed record NoVm(long Version, long Epoch = 0) : VmState(Version);

/// <summary>A VM that is defined.</summary>
/// <param name="Version">Events in its stream so far.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Owner">The host that may run it.</param>
/// <param name="Epoch">Rises with each start and each move.</param>
public abstract record KnownVm(long Version, VmSpec Spec, HostId Owner, long Epoch) : VmState(Version);

/// <summary>It runs nowhere.</summary>
public sealed record StoppedVm(
    long Version, VmSpec Spec, HostId Owner, long Epoch, FailureReason? Reason, string? Detail)
    : KnownVm(Version, Spec, Owner, Epoch);

/// <summary>Its owner was told to run it.</summary>
public sealed record StartingVm(long Version, VmSpec Spec, HostId Owner, long Epoch)
    : KnownVm(Version, Spec, Owner, Epoch);

/// <summary>It runs at its owner.</summary>
public sealed record RunningVm(long Version, VmSpec Spec, HostId Owner, long Epoch)
    : KnownVm(Version, Spec, Owner, Epoch);

/// <summary>Its owner was told to end it.</summary>
public sealed record StoppingVm(long Version, VmSpec Spec, HostId Owner, long Epoch, bool Force)
    : KnownVm(Version, Spec, Owner, Epoch);

/// <summary>A migration has it.</summary>
public sealed record LockedVm(long Version, VmSpec Spec, HostId Owner, long Epoch, MigrationId Migration, HostId Target)
    : KnownVm(Version, Spec, Owner, Epoch);
