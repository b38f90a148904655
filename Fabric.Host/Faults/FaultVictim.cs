namespace Fabric.Host.Faults;

/// <summary>What is broken on purpose.</summary>
public enum FaultVictim
{
    /// <summary>The source host's node process; started again a second after it is killed.</summary>
    SourceAgent = 1,

    /// <summary>The target host's node process; started again a second after it is killed.</summary>
    TargetAgent,

    /// <summary>The source's hypervisor process, and with it the guest.</summary>
    SourceVm,

    /// <summary>The target's hypervisor process.</summary>
    TargetVm,

    /// <summary>The coordinator's node process; started again a second after it is killed.</summary>
    Coordinator,

    /// <summary>The TCP connections between the two hosts; between sites, the WAN.</summary>
    DataLink,

    /// <summary>The TCP connections of both hosts to the coordinator.</summary>
    NodeLink,

    /// <summary>The disk below the coordinator's journal.</summary>
    Journal,

    /// <summary>The disks below both hosts' ledgers.</summary>
    Ledger,

    /// <summary>What the source host turns networks with: its notes of them. Only between sites.</summary>
    SourceNetwork,

    /// <summary>The same at the target; in stop-and-copy the guest's interface. Only between sites.</summary>
    TargetNetwork,
}
