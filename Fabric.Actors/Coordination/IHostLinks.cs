using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>The coordinator's way to the hosts.</summary>
public interface IHostLinks
{
    /// <summary>Sends an order at most once. False: not connected.</summary>
    bool TrySend(HostId host, Order order);

    /// <summary>Tells a host where a VM of an overlay is, at most once. False: not connected, or nobody to be told.</summary>
    bool TrySend(HostId host, OverlayPlace place) => false;

    /// <summary>Asks a host to watch a link between sites, at most once. False: not connected, or hosts here watch none.</summary>
    bool TryWatch(HostId host, LineWatch watch) => false;

    /// <summary>Whether the host's agent is connected.</summary>
    bool IsConnected(HostId host);
}
