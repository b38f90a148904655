using Fabric.Drivers;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Agent;

/// <summary>What all copies of a host share.</summary>
public sealed record AgentTools(
    AgentOptions Options,
    IHypervisor Hypervisor,
    HostCapacity Capacity,
    TicketBook Tickets,
    DataListener Listener,
    DataConnector Connector,
    LinkBufferPool Buffers,
    TimeProvider Time,
    ILogger Log,
    PageWorkOptions? PageWork = null,
    PageStores? Pages = null)
{
    /// <summary>What moves the VMs' networks; null where nobody looks after them.</summary>
    public NetworkTools? Network { get; init; }

    /// <summary>What the migrations that leave this host share.</summary>
    public HostLine Line { get; init; } = new(0);
}
