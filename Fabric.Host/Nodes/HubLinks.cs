using Fabric.Actors.Cluster;
using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Host.Nodes;

/// <summary>Orders go out by the hub.</summary>
internal sealed class HubLinks : IHostLinks
{
    /// <summary>Set once, before anything is sent: hub and coordinator need each other.</summary>
    public NodeLinkHub? Hub { get; set; }

    /// <inheritdoc/>
    public bool TrySend(HostId host, Order order) => Hub?.TrySend(host, order) ?? false;

    /// <inheritdoc/>
    public bool TrySend(HostId host, OverlayPlace place) => Hub?.TrySend(host, place) ?? false;

    /// <inheritdoc/>
    public bool TryWatch(HostId host, LineWatch watch) => Hub?.TrySend(host, watch) ?? false;

    /// <inheritdoc/>
    public bool IsConnected(HostId host) => Hub?.Hosts.Contains(host) ?? false;
}
