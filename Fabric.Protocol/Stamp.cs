namespace Fabric.Protocol;

/// <summary>
/// What every order and report carries (rule 8): for which VM, by which migration and attempt, under which
/// epoch. An agent refuses a stamp older than its own durable ledger has seen.
/// </summary>
/// <param name="Vm">The VM.</param>
/// <param name="Migration">The migration; null for an order of the VM's own life (start, stop).</param>
/// <param name="Attempt">Attempts of a migration count from 1; 0 before the first and outside one.</param>
/// <param name="Epoch">The ownership epoch that the order was given under; it rises by one with each commit.</param>
public sealed record Stamp(VmId Vm, MigrationId? Migration, int Attempt, long Epoch)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Migration is { } migration ? $"{Vm}/{migration}#{Attempt}@{Epoch}" : $"{Vm}@{Epoch}";
}
