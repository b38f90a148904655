namespace Fabric.Protocol;

/// <summary>What a migration is to do; fixed when it is accepted.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Source">Where the guest runs.</param>
/// <param name="Target">Where it is to run.</param>
/// <param name="Epoch">The owner's epoch when the migration began; the commit raises it by one.</param>
/// <param name="Term">The version of the VM's stream after the lock; also the version that the commit expects.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Policy">Limits and time-outs.</param>
public sealed record MigrationPlan(
    MigrationId Id, HostId Source, HostId Target, long Epoch, long Term, VmSpec Spec, MigrationPolicy Policy)
{
    /// <summary>Between whom the VM's network moves; null where it has none.</summary>
    public NetworkEnds? Network { get; init; }

    /// <summary>The stamp of an attempt under an epoch.</summary>
    public Stamp StampOf(int attempt, long epoch) => new(Spec.Id, Id, Term, attempt, epoch);

    /// <summary>The host at an end.</summary>
    public HostId HostAt(Side side) => side == Side.Source ? Source : Target;
}

/// <summary>Limits and time-outs of a migration, all in milliseconds; defaults are in <c>reference.conf</c>.</summary>
public sealed record MigrationPolicy
{
    /// <summary>How often the whole of it is tried.</summary>
    public int AttemptsMax { get; init; } = 3;

    /// <summary>How long a failed attempt rests before the next one; doubles with each.</summary>
    public long AttemptBackOffMs { get; init; } = 1_000;

    /// <summary>From the request to the commit.</summary>
    public long DeadlineMs { get; init; } = 3_600_000;

    /// <summary>From the source's pause to the commit; then the attempt is rolled back.</summary>
    public long SwitchoverTimeoutMs { get; init; } = 60_000;

    /// <summary>How long a host may be away before the attempt goes on without it.</summary>
    public long HostReturnMs { get; init; } = 30_000;

    /// <summary>
    /// How long a handed-off source stays paused, after the attempt was abandoned, for an unreachable target to confirm
    /// that its copy is gone.
    /// </summary>
    public long FenceWaitMs { get; init; } = 10_000;

    /// <summary>How soon an order without effect is repeated.</summary>
    public long OrderRetryMs { get; init; } = 1_000;

    /// <summary>How the source sends.</summary>
    public TransferPolicy Transfer { get; init; } = new(0, 300);
}
