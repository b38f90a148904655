namespace Fabric.Transport.Pages.Work;

/// <summary>Why page work cannot go on; a closed list. The attempt ends, and the next one sends what is missing.</summary>
public enum PageWorkFault
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A native library is not on this host.</summary>
    NoLibrary,

    /// <summary>The peer speaks no version that is spoken here.</summary>
    Version,

    /// <summary>A frame's type is not known.</summary>
    FrameType,

    /// <summary>A length is above its bound in <see cref="Protocol.Limits.PageWork"/>, or contradicts another.</summary>
    Length,

    /// <summary>A batch was lost, doubled, or came out of turn.</summary>
    Sequence,

    /// <summary>The compression is not known, or was not offered.</summary>
    Codec,

    /// <summary>A batch does not unpack to what it says.</summary>
    Unpack,

    /// <summary>A batch's bytes are not those that were sent.</summary>
    Check,

    /// <summary>An item contradicts itself or its batch.</summary>
    Item,

    /// <summary>A page lies outside of RAM, or comes where no page can be.</summary>
    Address,

    /// <summary>A page is said to be held here, and is not, or not in that version.</summary>
    NotHeld,

    /// <summary>A delta or a reference gave another page than the source had.</summary>
    WrongPage,

    /// <summary>The bytes end before the stream does, or go on after it.</summary>
    Truncated,

    /// <summary>The target's answer cannot be read.</summary>
    Answer,

    /// <summary>The target did not answer.</summary>
    NoAnswer,

    /// <summary>The page store failed under the stream: its disk is full or broken.</summary>
    Store,
}

/// <summary>Page work cannot go on. Holds no byte of a guest.</summary>
public sealed class PageWorkException : Exception
{
    /// <summary>Makes the error.</summary>
    public PageWorkException(PageWorkFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>What kind it is.</summary>
    public PageWorkFault Fault { get; }
}
