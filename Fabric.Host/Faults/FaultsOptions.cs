using Fabric.Host.Configuration;
using Fabric.Host.Faults.Plan;

namespace Fabric.Host.Faults;

/// <summary>What <c>fabric faults run</c> was asked to do.</summary>
public sealed record FaultsOptions
{
    /// <summary>The plan; null is the default one.</summary>
    public string? PlanFile { get; init; }

    /// <summary>Instead of the plan's.</summary>
    public HypervisorKind? Hypervisor { get; init; }

    /// <summary>Instead of the plan's.</summary>
    public LabSites? Sites { get; init; }

    /// <summary>Only cases whose name holds this; null runs all.</summary>
    public string? Only { get; init; }

    /// <summary>Where reports are written; null writes none.</summary>
    public string? ReportFolder { get; init; }

    /// <summary>Says what would be done.</summary>
    public bool DryRun { get; init; }

    /// <summary>Confirms a plan for one's own hosts.</summary>
    public bool Yes { get; init; }

    /// <summary>Folder with the guest's vmlinux and initrd.cpio.</summary>
    public string? GuestDirectory { get; init; }

    /// <summary>The QEMU program.</summary>
    public string QemuBinary { get; init; } = "qemu-system-x86_64";

    /// <summary>Leaves the directories of labs.</summary>
    public bool Keep { get; init; }
}
