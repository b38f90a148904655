using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Actors.Agent;

/// <summary>What the end of a disk's copy means to a migration.</summary>
internal static class OutgoingDiskFaults
{
    public static TransferBroke Of(Exception e) => e switch
    {
        DiskCopyException { Fault: DiskCopyFault.TargetFull } => new(FailureReason.DiskFull, e.Message),
        DiskCopyException { Fault: DiskCopyFault.Stopped } or OperationCanceledException =>
            new(FailureReason.Cancelled, "cancelled while the disks were copied"),
        LinkException link => new(TransferReasons.Of(link), link.Message),
        DiskCopyException or HypervisorException => new(FailureReason.DiskCopyFailed, e.Message),
        // Whatever it is (no more files, no room for a socket), an attempt that nobody drives must end.
        _ => new(FailureReason.DiskCopyFailed, e.Message),
    };

    /// <summary>What keeps a host from being an end of a migration.</summary>
    public static FailureReason ReasonOf(DiskFault fault) => fault switch
    {
        DiskFault.NoSpace => FailureReason.DiskSpaceShort,
        DiskFault.InUse or DiskFault.SameFile => FailureReason.DiskInUse,
        DiskFault.SpecInvalid or DiskFault.DirectoryMissing or DiskFault.ImageMissing or DiskFault.WrongFormat
            or DiskFault.BackingOutside or DiskFault.LinkOutside or DiskFault.NotRegular or DiskFault.ReadOnly
            or DiskFault.WrongSize or DiskFault.NotShared or DiskFault.NoteUnreadable or DiskFault.ToolFailed
            or DiskFault.StorageFailed => FailureReason.DiskUnfit,
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "not a fault of a disk"),
    };
}
