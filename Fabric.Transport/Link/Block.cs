using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// Memory for frames, and how many still need it: frames that the peer has not acknowledged, a write under way, bytes
/// that wait for their reader. It is used anew only when nobody does; a write to a connection that was lost may take
/// longer than the acknowledgement by another. Counted under the link's lock.
/// </summary>
internal sealed class Block
{
    /// <summary>Pinned for its whole life: sockets would pin it again for each call.</summary>
    public byte[] Bytes { get; } =
        GC.AllocateUninitializedArray<byte>(Limits.Relay.HeaderSize + Limits.Relay.PayloadMax, pinned: true);

    public int Uses { get; set; }

    /// <summary>How much of it is given out, when several frames share it.</summary>
    public int Filled { get; set; }
}
