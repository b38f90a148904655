namespace Fabric.Transport.Pages;

/// <summary>Commands in the stream, with QEMU's numbers (MIG_CMD_*). COLO's is left out: it is not parsed.</summary>
public enum VmCommand : ushort
{
    /// <summary>The target may answer from now on.</summary>
    OpenReturnPath = 1,

    /// <summary>u32 that a PONG gives back.</summary>
    Ping = 2,

    /// <summary>Post-copy may follow: u64 page sizes as a sum, u64 page size of the target; or nothing, without RAM.</summary>
    PostcopyAdvise = 3,

    /// <summary>The target catches page faults from now on.</summary>
    PostcopyListen = 4,

    /// <summary>The target runs.</summary>
    PostcopyRun = 5,

    /// <summary>Pages that were sent and are stale; <see cref="RamDiscard"/>.</summary>
    PostcopyRamDiscard = 6,

    /// <summary>u32 length of a stream in the stream, which follows the command.</summary>
    Packaged = 7,

    /// <summary>After a recovery of post-copy: go on.</summary>
    PostcopyResume = 9,

    /// <summary>Name of a block; the target answers with the bitmap of the pages it holds.</summary>
    RecvBitmap = 10,

    /// <summary>The source stands still (10.0).</summary>
    SwitchoverStart = 11,
}
