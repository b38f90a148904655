namespace Fabric.Protocol;

/// <summary>Why an image is left over. A closed list; numbers are never reused.</summary>
public enum LeftoverKind
{
    /// <summary>A copy came in and did not come to its end.</summary>
    Partial = 1,

    /// <summary>Its VM has gone to another host.</summary>
    Released = 2,

    /// <summary>The note beside it cannot be read, so nobody knows whose it is. Never removed by the fabric.</summary>
    Unreadable = 3,
}

/// <summary>An image on a host that no copy there uses.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Vm">Whose; null when nobody knows.</param>
/// <param name="Disk">Which of its disks.</param>
/// <param name="Kind">Why it is there.</param>
/// <param name="Problem">What is wrong with its note.</param>
public sealed record DiskLeftover(string Path, VmId? Vm, DiskId? Disk, LeftoverKind Kind, string? Problem = null);
