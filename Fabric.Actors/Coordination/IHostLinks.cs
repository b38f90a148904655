using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>The coordinator's way to the hosts.</summary>
public interface IHostLinks
{
    /// <summary>Sends an order at most once. False: not connected.</summary>
    bool TrySend(HostId host, Order order);

    /// <summary>Whether the host's agent is connected.</summary>
    bool IsConnected(HostId host);
}
