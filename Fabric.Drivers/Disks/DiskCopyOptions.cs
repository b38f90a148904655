namespace Fabric.Drivers.Disks;

/// <summary>How a disk is copied.</summary>
public sealed record DiskCopyOptions
{
    /// <summary>
    /// What the guest's writes may be slowed to when the line does not carry them, bytes a second; 0: they are not slowed.
    /// </summary>
    public long WritesMin { get; init; }

    /// <summary>
    /// Path of a socket, in a private directory, over which the guest's writes go to the target when rounds are over
    /// (<see cref="DiskMirror"/>); null: they do not.
    /// </summary>
    public string? MirrorSocket { get; init; }

    /// <summary>Told of what happened and is not in the progress; for a log.</summary>
    public Action<string>? Note { get; init; }
}

/// <summary>How far a copy is.</summary>
/// <param name="Round">0 is the full copy; the rounds after it copy what was written meanwhile.</param>
/// <param name="CopiedBytes">Disk bytes sent by this copy, zeroes not counted.</param>
/// <param name="ZeroBytes">Disk bytes that were zeroes: they cost nothing on the line.</param>
/// <param name="PositionBytes">How far the round under way is on the target's disk.</param>
/// <param name="TotalBytes">The disk; 0 until it is known.</param>
/// <param name="DirtyBytes">What the guest had written when it was last looked at, and is not copied.</param>
/// <param name="ResumedAt">Where it went on from an earlier copy; null when it began anew.</param>
/// <param name="WriteBytesPerSecond">What the guest's writes are held to; 0 when they are not.</param>
/// <param name="IsReady">The rest fits into a pause, or does not get smaller.</param>
public sealed record DiskCopyProgress(
    int Round, long CopiedBytes, long ZeroBytes, long PositionBytes, long TotalBytes, long DirtyBytes,
    DiskCopyPoint? ResumedAt, long WriteBytesPerSecond, bool IsReady)
{
    /// <summary>The guest's writes wait for the target.</summary>
    public bool IsSynchronous { get; init; }
}

/// <summary>A place in a copy: all of the rounds before, and all of this round up to there, is on the target's disk.</summary>
/// <param name="Round">Which round.</param>
/// <param name="PositionBytes">Up to where.</param>
public readonly record struct DiskCopyPoint(int Round, long PositionBytes);

/// <summary>Why a copy ended; a closed list, numbers are never reused.</summary>
public enum DiskCopyFault
{
    /// <summary>The way to the target's machine, or that machine, is gone: start another copy once it is back.</summary>
    TargetLost = 1,

    /// <summary>The target's machine could not write.</summary>
    TargetRefused = 2,

    /// <summary>The target's disk is full.</summary>
    TargetFull = 3,

    /// <summary>The target's machine answered with something else than its protocol.</summary>
    TargetBroken = 4,

    /// <summary>The target's disk has another size.</summary>
    SizeDiffers = 5,

    /// <summary>The source's machine is gone or does not answer.</summary>
    SourceLost = 6,

    /// <summary>The source's machine could not read its disk, or refused an order.</summary>
    SourceRefused = 7,

    /// <summary>It was stopped.</summary>
    Stopped = 8,
}

/// <summary>A disk's copy did not go on.</summary>
public sealed class DiskCopyException(DiskCopyFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What kind of failure it is.</summary>
    public DiskCopyFault Fault { get; } = fault;

    internal DiskCopyException Again() => new(Fault, Message, this);
}
