namespace Fabric.Transport.Wire;

/// <summary>Why a side ended the link before the stream was through. On the wire; numbers are never reused.</summary>
public enum AbortReason : byte
{
    /// <summary>The migration was cancelled.</summary>
    Cancelled = 1,

    /// <summary>The source's QEMU broke its connection, or sent nothing.</summary>
    SourceClosed = 2,

    /// <summary>The target's QEMU broke its connection, or does not take one.</summary>
    TargetClosed = 3,

    /// <summary>Bytes did not move for too long.</summary>
    Stalled = 4,

    /// <summary>The peer sent what the wire does not allow.</summary>
    ProtocolError = 5,

    /// <summary>The agent stops.</summary>
    Shutdown = 6,
}
