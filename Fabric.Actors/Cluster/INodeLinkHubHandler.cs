using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>
/// What the coordinator hears. Per host the order is connected, messages, disconnected, and connected again only
/// after that. A handler hands on and returns: while it waits, nothing more is read from that host.
/// </summary>
public interface INodeLinkHubHandler
{
    /// <summary>A host greeted. <paramref name="instance"/> changes when its node was restarted.</summary>
    ValueTask OnHostConnectedAsync(HostId host, string instance, int version);

    /// <summary>A host's session ended.</summary>
    ValueTask OnHostDisconnectedAsync(HostId host, LinkEnd end);

    /// <summary>A message came. <paramref name="ended"/> is cancelled when the session ends meanwhile.</summary>
    ValueTask OnMessageAsync(HostId host, object message, CancellationToken ended);
}
