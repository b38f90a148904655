namespace Fabric.Protocol;

/// <summary>
/// What every order and report carries (rule 8): for which VM, by which migration and attempt, under which epoch.
/// Stamps of one VM are ordered by (<see cref="Epoch"/>, <see cref="Term"/>, <see cref="Attempt"/>); an agent refuses
/// one older than its own durable ledger has seen.
/// </summary>
/// <param name="Vm">The VM.</param>
/// <param name="Migration">The migration; null for an order of the VM's own life (start, stop).</param>
/// <param name="Term">
/// The version of the VM's stream at which the migration locked the VM, so later migrations have higher terms; 0
/// outside one.
/// </param>
/// <param name="Attempt">Attempts of a migration count from 1; 0 before the first and outside one.</param>
/// <param name="Epoch">The ownership epoch that the order was given under; it rises with each start and each
/// commit.</param>
public sealed record Stamp(VmId Vm, MigrationId? Migration, long Term, int Attempt, long Epoch)
{
    /// <summary>The stamp of an order of the VM's own life.</summary>
    public static Stamp OfLife(VmId vm, long epoch) => new(vm, null, 0, 0, epoch);

    /// <summary>Whether both speak of the same attempt of the same migration, whatever the epoch.</summary>
    public bool IsSameAttempt(Stamp other) =>
        Vm == other.Vm && Migration is not null && Migration == other.Migration && Attempt == other.Attempt;

    /// <inheritdoc/>
    public override string ToString() =>
        Migration is { } migration ? $"{migration}#{Attempt}@{Epoch}" : $"{Vm}@{Epoch}";
}
