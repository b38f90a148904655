namespace Fabric.Protocol;

/// <summary>How an image is laid out. A closed list; numbers are never reused.</summary>
public enum DiskFormat
{
    /// <summary>Block for block.</summary>
    Raw = 1,

    /// <summary>QEMU's own: grows as it is written.</summary>
    Qcow2 = 2,
}

/// <summary>Where an image is. A closed list; numbers are never reused.</summary>
public enum DiskPlace
{
    /// <summary>On storage that source and target both see: the file stays, its writer changes.</summary>
    Shared = 1,

    /// <summary>On the host: it is copied to the target.</summary>
    Local = 2,
}

/// <summary>
/// One disk of a VM. Which directory its file is in is each host's own affair (<c>host.disks</c>), so that nothing that
/// comes over a link names a place of this host.
/// </summary>
public sealed record DiskSpec
{
    /// <summary>Its name within the VM; the block node's and the device's too.</summary>
    public required DiskId Id { get; init; }

    /// <summary>The file's name in the host's directory of this place; no path.</summary>
    public required string File { get; init; }

    /// <summary>How it is laid out.</summary>
    public DiskFormat Format { get; init; } = DiskFormat.Qcow2;

    /// <summary>Whether it moves.</summary>
    public DiskPlace Place { get; init; } = DiskPlace.Local;

    /// <summary>What is wrong with it by itself, in words; empty when nothing is.</summary>
    public IEnumerable<string> Faults()
    {
        if (Id.Value.Length > Limits.Disks.IdLengthMax)
            yield return $"disk {Id}: its name is longer than {Limits.Disks.IdLengthMax} characters";
        if (!IsFileName(File))
        {
            yield return $"disk {Id}: '{Names.Shown(File)}' is not a file's name: use 1 to {Limits.Disks.FileNameLengthMax} " +
                "of a-z, A-Z, 0-9, '.', '_' and '-', not beginning with '.' or '-'";
        }

        if (!Enum.IsDefined(Format))
            yield return $"disk {Id}: {(int)Format} is not a format";
        if (!Enum.IsDefined(Place))
            yield return $"disk {Id}: {(int)Place} is not a place";
    }

    /// <summary>Whether a text can be a file's name here: nothing that leads out of a directory, or hides.</summary>
    public static bool IsFileName(string? name) =>
        name is { Length: > 0 and <= Limits.Disks.FileNameLengthMax } && name[0] is not ('.' or '-')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}

/// <summary>What a disk is like where it is.</summary>
/// <param name="Id">Which.</param>
/// <param name="VirtualBytes">What the guest sees.</param>
/// <param name="AllocatedBytes">What of it holds data.</param>
/// <param name="Identity">Shared: what both hosts find in the same file, and in no other. Null where it is local.</param>
public sealed record DiskFacts(DiskId Id, long VirtualBytes, long AllocatedBytes, string? Identity = null);

/// <summary>What a target has of a local disk, told to its source with the offer.</summary>
/// <param name="Id">Which.</param>
/// <param name="Image">
/// The image's own name, drawn when it was made and gone with it. A source that has begun to copy into this very image
/// goes on from where it was; into any other it begins anew.
/// </param>
/// <param name="Ticket">For the disk's own data link. A secret.</param>
public sealed record DiskOffer(DiskId Id, string Image, string Ticket)
{
    /// <summary>The ticket is never printed.</summary>
    public override string ToString() => $"disk {Id} into image {Image}";
}
