namespace Fabric.Actors.Runtime;

/// <summary>The order of an orderly end: the numbers are the order, and this is the only place that has it.</summary>
public enum ShutdownPhase
{
    /// <summary>The API and the node link take no new work.</summary>
    StopAccepting = 1,

    /// <summary>Requests in hand are answered.</summary>
    FinishRequests,

    /// <summary>Entities stop; the journal still works.</summary>
    StopEntities,

    /// <summary>Leases are given back, only now that nothing runs under them.</summary>
    LeaveCluster,

    StopActors,

    /// <summary>Journal, sockets, telemetry.</summary>
    CloseResources,
}
