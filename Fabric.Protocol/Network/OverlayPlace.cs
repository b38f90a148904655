namespace Fabric.Protocol;

/// <summary>
/// Where a VM of an overlay is. Every host of it is told, for with learning off nobody finds out by himself. Of two the
/// one of the later epoch is true; the same one may come again.
/// </summary>
/// <param name="Vm">The VM.</param>
/// <param name="Epoch">Under which it is there.</param>
/// <param name="Network">Its network, of kind vxlan.</param>
/// <param name="At">Its owner.</param>
public sealed record OverlayPlace(VmId Vm, long Epoch, NetworkSpec Network, NetworkEnd At)
{
    /// <summary>Where the hosts are reached that may be in the overlay; at most <see cref="Limits.Network.MembersMax"/>.</summary>
    public IReadOnlyList<HostAddress> Members { get; init; } = [];

    /// <summary>The VM is defined no more: nothing leads to it.</summary>
    public bool IsGone { get; init; }

    /// <summary>What is wrong with it by itself, in words; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults() => Network.Kind != NetworkKind.Vxlan
        ? [$"a network of kind {Network.Kind} has no overlay"]
        : MoveOf().Faults();

    /// <summary>What a host of the overlay has to do that is not where the VM is.</summary>
    public NetworkMove MoveOf() => new()
    {
        Vm = Vm,
        Migration = MigrationId.Of($"{Vm}-e{Epoch}"),
        Spec = Network,
        Role = NetworkRole.Vtep,
        Target = At,
        Members = Members,
    };
}
