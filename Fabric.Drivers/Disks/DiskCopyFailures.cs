using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>What a failure means for a copy.</summary>
internal static class DiskCopyFailures
{
    /// <summary>As a typed failure of the copy.</summary>
    public static Exception Of(Exception e, DiskId disk) => e switch
    {
        DiskCopyException => e,
        SourceFailure { Cause: var cause } => new DiskCopyException(
            cause.Fault == NbdFault.Lost ? DiskCopyFault.SourceLost : DiskCopyFault.SourceRefused,
            $"The source's export of disk {disk} failed: {cause.Message}. Look at the source's hypervisor log and its storage.",
            e),
        NbdException target => OfTarget(target, disk),
        HypervisorException { Fault: HypervisorFault.Refused } => new DiskCopyException(
            DiskCopyFault.SourceRefused, $"The source's machine refused an order of the copy of disk {disk}: {e.Message}", e),
        HypervisorException => new DiskCopyException(
            DiskCopyFault.SourceLost, $"The source's machine does not answer to the copy of disk {disk}: {e.Message}", e),
        _ => e,
    };

    /// <summary>The target's disk cannot hold the source's.</summary>
    public static DiskCopyException Size(DiskId disk, long source, NbdExport target) => new(
        DiskCopyFault.SizeDiffers,
        target.IsReadOnly
            ? $"The target's disk {disk} takes no writes."
            : $"The target's disk {disk} has {target.Bytes} bytes, the source's {source}: remove the target's image.");

    private static DiskCopyException OfTarget(NbdException e, DiskId disk)
    {
        var (fault, advice) = e.Fault switch
        {
            NbdFault.NoSpace => (DiskCopyFault.TargetFull, "Free space in the target's directory for disks."),
            NbdFault.Refused => (DiskCopyFault.TargetRefused, "Look at the target's storage and its hypervisor log."),
            NbdFault.Broken => (DiskCopyFault.TargetBroken, "Compare the versions of both hosts."),
            _ => (DiskCopyFault.TargetLost, "The source's guest runs on; the copy goes on from where it was."),
        };
        return new DiskCopyException(fault, $"The target of disk {disk} failed: {e.Message}. {advice}", e);
    }
}
