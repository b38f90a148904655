namespace Fabric.Protocol;

/// <summary>What a host has to do with a move of a VM's network.</summary>
public enum NetworkRole
{
    /// <summary>The VM comes here, or is started here.</summary>
    Target = 1,

    /// <summary>The VM goes from here, or is stopped here.</summary>
    Source = 2,

    /// <summary>A host or gateway of the same overlay: its forwarding entries change.</summary>
    Vtep = 3,

    /// <summary>A router with a route to the VM alone.</summary>
    Router = 4,

    /// <summary>Where the old address arrives, and is tunnelled from.</summary>
    Anchor = 5,
}

/// <summary>One end of a move.</summary>
/// <param name="Host">Which host.</param>
/// <param name="Underlay">Where the other hosts' overlay and tunnels reach it.</param>
public sealed record NetworkEnd(HostId Host, HostAddress Underlay);

/// <summary>What a host says of itself: configuration, never sent.</summary>
public sealed record NetworkPlace
{
    /// <summary>
    /// The network namespace that the VMs' interfaces are in: a name in <c>/var/run/netns</c> or a path such as
    /// <c>/proc/1/ns/net</c>; null for the program's own.
    /// </summary>
    public string? Namespace { get; init; }

    /// <summary>This host's address in the underlay.</summary>
    public HostAddress? Underlay { get; init; }

    /// <summary>The port of the VMs' bridge that leads out; what is learned behind it does not live here.</summary>
    public string? Uplink { get; init; }
}

/// <summary>One host's part in moving a VM's network.</summary>
public sealed record NetworkMove
{
    /// <summary>The VM.</summary>
    public required VmId Vm { get; init; }

    /// <summary>
    /// The migration, or what else this belongs to; with the attempt, it tells one move from the next.
    /// </summary>
    public required MigrationId Migration { get; init; }

    /// <summary>The attempt.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>What is moved.</summary>
    public required NetworkSpec Spec { get; init; }

    /// <summary>What this host has to do with it.</summary>
    public required NetworkRole Role { get; init; }

    /// <summary>From where; null when the VM is started.</summary>
    public NetworkEnd? Source { get; init; }

    /// <summary>To where; null when the VM is stopped.</summary>
    public NetworkEnd? Target { get; init; }

    /// <summary>
    /// Where the old address arrives when that is not the source itself, but its site's gateway. Tunnel.
    /// </summary>
    public NetworkEnd? Anchor { get; init; }

    /// <summary>
    /// The number of the tunnel between source (or anchor) and target; the same at both ends, and of no other move that
    /// is
    /// under way between them. Relay and tunnel.
    /// </summary>
    public int? Tunnel { get; init; }

    /// <summary>All hosts of the overlay, for what is sent to everybody.</summary>
    public IReadOnlyList<HostAddress> Members { get; init; } = [];

    /// <summary>A router's next hops towards the source and the target where they are not its neighbours.</summary>
    public HostAddress? SourceVia { get; init; }

    /// <summary>As <see cref="SourceVia"/>, towards the target.</summary>
    public HostAddress? TargetVia { get; init; }

    /// <summary>The addresses that the VM's name gets at the target; empty when the name stays as it is.</summary>
    public IReadOnlyList<HostAddress> NamedAddresses { get; init; } = [];

    /// <summary>The end of the tunnel that is not the target.</summary>
    public NetworkEnd? TunnelSource() => Spec.Kind == NetworkKind.Tunnel ? Anchor ?? Source : Source;

    /// <summary>Whether the kind of network makes a tunnel for this move.</summary>
    public bool HasTunnel() => TunnelSource() is not null && Target is not null
        && (Spec.Kind == NetworkKind.Tunnel || (Spec.Kind == NetworkKind.Routed && Spec.Relay));

    /// <summary>What is wrong with it by itself, in words; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults() => [.. Spec.Faults(), .. OwnFaults()];

    private IEnumerable<string> OwnFaults()
    {
        if (!Enum.IsDefined(Role))
            yield return $"{(int)Role} is not a role";
        if (Role is not (NetworkRole.Source or NetworkRole.Router) && Target is null)
            yield return $"the role {Role} needs to know the target";
        if (Role == NetworkRole.Router && Source is null && Target is null)
            yield return "a router needs to know where the VM goes, or where it ends";
        if (Role is NetworkRole.Vtep && Spec.Kind != NetworkKind.Vxlan)
            yield return $"a network of kind {Spec.Kind} has no overlay";
        if (Role is NetworkRole.Anchor && Spec.Kind != NetworkKind.Tunnel)
            yield return $"a network of kind {Spec.Kind} has no anchor";
        if (Source is not null && Source.Host == Target?.Host)
            yield return $"source and target are one host, {Source.Host}";
        if (HasTunnel() && Tunnel is not (> 0 and <= Limits.Network.VniMax))
            yield return $"the tunnel's number {Tunnel} is outside 1 to {Limits.Network.VniMax}";
        if (HasTunnel() && TunnelSource()!.Underlay.IsV6 != Target!.Underlay.IsV6)
            yield return $"{TunnelSource()!.Underlay} and {Target.Underlay} are of two families, which no tunnel joins";
        if (Members.Count > Limits.Network.MembersMax)
            yield return $"{Members.Count} hosts of one overlay are more than {Limits.Network.MembersMax}";
        if (NamedAddresses.Count > Limits.Network.AddressesMax)
            yield return $"more than {Limits.Network.AddressesMax} addresses for one name";
        foreach (var via in new[] { SourceVia, TargetVia })
        {
            if (via is { } hop && Spec.Addresses.Any(a => a.IsV6 != hop.IsV6))
                yield return $"the next hop {hop} is of another family than an address of the VM";
        }
    }
}
