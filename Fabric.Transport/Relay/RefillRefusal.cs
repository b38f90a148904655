namespace Fabric.Transport.Relay;

/// <summary>Why no other QEMU can take the place of a target's; a closed list.</summary>
public enum RefillRefusal
{
    /// <summary>One can.</summary>
    None = 0,

    /// <summary>What QEMU was given is not kept account of: the stream passes as it is, or is past its memory.</summary>
    Unread,

    /// <summary>A page that QEMU was given is in no store.</summary>
    NotHeld,

    /// <summary>The last copy has begun and the guest stands still: it runs again sooner when the attempt ends.</summary>
    LastCopy,

    /// <summary>The other QEMU went away too, or took too long, before it had everything.</summary>
    Unfilled,

    /// <summary>The page store is damaged, or its disk failed.</summary>
    Store,

    /// <summary>The transfer is over.</summary>
    Ended,
}
