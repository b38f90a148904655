using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>What moves the networks of a host's VMs.</summary>
/// <param name="Redirector">That of the VMs' interfaces.</param>
/// <param name="Underlay">Where other hosts' overlays and tunnels reach this one; null when nowhere.</param>
/// <param name="Routers">Routers in namespaces of this machine.</param>
public sealed record NetworkTools(
    INetworkRedirector Redirector, HostAddress? Underlay, IReadOnlyList<NetworkRouter> Routers)
{
    /// <summary>What came by way of where VMs had been.</summary>
    public Detours Detours { get; } = new();

    /// <summary>Where the VMs of overlays are; null where nobody says so.</summary>
    public Overlays? Overlays { get; init; }
}

/// <summary>A router whose routes this host looks after.</summary>
/// <param name="Redirector">That of its namespace.</param>
/// <param name="Via">Its next hops towards hosts that are not its neighbours.</param>
public sealed record NetworkRouter(INetworkRedirector Redirector, IReadOnlyDictionary<HostId, HostAddress> Via);
