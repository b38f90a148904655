using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>What is wrong with an image; a closed list, numbers are never reused.</summary>
public enum DiskFault
{
    /// <summary>The specification is wrong by itself.</summary>
    SpecInvalid = 1,

    /// <summary>This host has no directory for such disks, or it is not there.</summary>
    DirectoryMissing = 2,

    /// <summary>The image is not there.</summary>
    ImageMissing = 3,

    /// <summary>It is laid out otherwise than the specification says.</summary>
    WrongFormat = 4,

    /// <summary>An image under it, or a file of its data, is not in a directory of disks.</summary>
    BackingOutside = 5,

    /// <summary>It is a symbolic link that leads out of the directories of disks.</summary>
    LinkOutside = 6,

    /// <summary>It is no regular file.</summary>
    NotRegular = 7,

    /// <summary>It, or its directory, cannot be written.</summary>
    ReadOnly = 8,

    /// <summary>Another program has it open, or it belongs to another VM, or to nobody known.</summary>
    InUse = 9,

    /// <summary>It is the same file as another disk of the VM.</summary>
    SameFile = 10,

    /// <summary>There is not enough room.</summary>
    NoSpace = 11,

    /// <summary>It has another size than the source's.</summary>
    WrongSize = 12,

    /// <summary>The file here is not the one that the source has.</summary>
    NotShared = 13,

    /// <summary>The note beside it is damaged; nothing can be concluded about the image.</summary>
    NoteUnreadable = 14,

    /// <summary>qemu-img is missing, fails or says something that is not understood.</summary>
    ToolFailed = 15,

    /// <summary>The file system refused something.</summary>
    StorageFailed = 16,
}

/// <summary>Something wrong with an image: what, where, and what to do.</summary>
/// <param name="Fault">What kind.</param>
/// <param name="Disk">Which disk of the VM; null when it is none in particular.</param>
/// <param name="Where">The file or directory.</param>
/// <param name="What">What is wrong there.</param>
/// <param name="Advice">What an operator can do, a sentence.</param>
public sealed record DiskProblem(DiskFault Fault, DiskId? Disk, string Where, string What, string Advice)
{
    /// <summary>All of it, in one line.</summary>
    public override string ToString() =>
        $"{(Disk is { } disk ? $"disk {disk}, " : "")}'{Where}': {What}. {Advice}";
}

/// <summary>Something could not be done to an image.</summary>
public sealed class DiskException(DiskProblem problem, Exception? inner = null) : Exception(problem.ToString(), inner)
{
    /// <summary>What was wrong.</summary>
    public DiskProblem Problem { get; } = problem;

    /// <summary>What kind of failure it is.</summary>
    public DiskFault Fault => Problem.Fault;
}
