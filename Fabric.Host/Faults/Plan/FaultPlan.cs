using Fabric.Host.Configuration;

namespace Fabric.Host.Faults.Plan;

/// <summary>What a plan says.</summary>
/// <param name="Name">For reports.</param>
/// <param name="Hypervisor">What runs the guest.</param>
/// <param name="Sites">Where the lab's hosts are.</param>
/// <param name="MemoryBytes">The guest's memory.</param>
/// <param name="DiskBytes">What lies on the guest's disk and is copied; 0 is a guest without a disk.</param>
/// <param name="Network">What of its network comes along, where there are sites.</param>
/// <param name="BandwidthBytesPerSecond">What a migration may send.</param>
/// <param name="SettleWithin">What one migration may take.</param>
/// <param name="Cases">In the order in which they are run, repetitions included.</param>
/// <param name="Own">The operator's own hosts instead of a lab here.</param>
public sealed record FaultPlan(
    string Name, HypervisorKind Hypervisor, LabSites Sites, long MemoryBytes, long DiskBytes, LabNetwork Network,
    long BandwidthBytesPerSecond, TimeSpan SettleWithin, IReadOnlyList<FaultCase> Cases, OwnPlan? Own)
{
    /// <summary>The hosts are at two sites.</summary>
    public bool IsBetweenSites => Sites == LabSites.Two;

    /// <summary>The guest has an address that moves with it.</summary>
    public bool HasNetwork => IsBetweenSites && Network == LabNetwork.Routed;

    /// <summary>What makes no sense together; null when all does.</summary>
    public string? Contradiction => IsBetweenSites && Hypervisor != HypervisorKind.Qemu
        ? "sites = two goes with hypervisor = qemu: the embedded one has neither disks nor networks."
        : null;
}

/// <summary>Where a lab's hosts are.</summary>
public enum LabSites
{
    /// <summary>Two hosts on loopback, with a proxy on each way.</summary>
    None = 1,

    /// <summary>Four hosts in network namespaces, at two sites with a WAN between them, and a client. Needs root.</summary>
    Two,
}

/// <summary>What of a guest's network comes along.</summary>
public enum LabNetwork
{
    /// <summary>It has none.</summary>
    None = 1,

    /// <summary>An address with a route of its own, by the relay.</summary>
    Routed,
}

/// <summary>A plan for hosts that are there already.</summary>
/// <param name="Api">The coordinator.</param>
/// <param name="Ca">The CA's certificate.</param>
/// <param name="Certificate">An operator's certificate.</param>
/// <param name="Key">Its key.</param>
/// <param name="Vm">A running VM that may be moved.</param>
/// <param name="Hosts">The two between which it is moved.</param>
/// <param name="Confirm">The plan itself allows to run it.</param>
/// <param name="Cases">In order.</param>
public sealed record OwnPlan(
    Uri Api, string Ca, string Certificate, string Key, string Vm, IReadOnlyList<string> Hosts, bool Confirm,
    IReadOnlyList<OwnCase> Cases);

/// <summary>One thing to break on one's own hosts.</summary>
/// <param name="Name">For reports.</param>
/// <param name="At">The stage of the migration.</param>
/// <param name="For">Between the break and its mending.</param>
/// <param name="Break">Program and arguments; empty breaks nothing.</param>
/// <param name="Mend">Program and arguments; empty mends nothing.</param>
/// <param name="Ask">What the operator asks for at that moment.</param>
public sealed record OwnCase(
    string Name, FaultStage At, TimeSpan For, IReadOnlyList<string> Break, IReadOnlyList<string> Mend, OwnAsk Ask);

/// <summary>What an operator may ask for at a bad moment.</summary>
public enum OwnAsk
{
    /// <summary>Nothing.</summary>
    Nothing = 1,

    /// <summary>That the migration be cancelled.</summary>
    Cancel,

    /// <summary>A second migration of the same VM.</summary>
    Migrate,
}
