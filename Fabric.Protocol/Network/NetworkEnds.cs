namespace Fabric.Protocol;

/// <summary>
/// What the hosts of a migration need to know of each other to move the VM's network; in its plan, so that it is the same
/// for all attempts and after a restart.
/// </summary>
/// <param name="Source">From where; null when that host has no address in the underlay: then nothing is tunnelled.</param>
/// <param name="Target">To where; null alike.</param>
public sealed record NetworkEnds(NetworkEnd? Source, NetworkEnd? Target)
{
    /// <summary>The number of the tunnel between the two.</summary>
    public int Tunnel { get; init; }

    /// <summary>
    /// The addresses that the VM's name is to lead to when it has moved; for a tunnel with a name. Null leaves the name.
    /// </summary>
    public IReadOnlyList<HostAddress>? Named { get; init; }

    /// <summary>Where the hosts are reached that may be in the VM's overlay; for vxlan.</summary>
    public IReadOnlyList<HostAddress> Members { get; init; } = [];

    /// <summary>
    /// A number for a migration's tunnel, the same wherever it is asked for. Two migrations under way have the same by
    /// chance only: among 64, once in 8,000. Hosts find that in their prechecks, and the next try has another number.
    /// </summary>
    public static int TunnelOf(MigrationId migration)
    {
        const uint offset = 2_166_136_261;
        const uint prime = 16_777_619;
        var hash = offset;
        foreach (var c in migration.Value)
            hash = (hash ^ c) * prime;
        return (int)(hash % Limits.Network.VniMax) + 1;
    }
}
