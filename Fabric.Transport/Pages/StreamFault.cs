namespace Fabric.Transport.Pages;

/// <summary>What is certainly wrong with a stream; a closed list. No version of QEMU writes these.</summary>
public enum StreamFault
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It does not begin with QEVM.</summary>
    Magic,

    /// <summary>The header's version is not 3.</summary>
    Version,

    /// <summary>A length or a count is above its bound in <see cref="Protocol.Limits.Stream"/>.</summary>
    TooLong,

    /// <summary>A command's length is not the one that its kind has.</summary>
    CommandLength,

    /// <summary>The payload of a command contradicts itself.</summary>
    CommandPayload,

    /// <summary>The blocks' lengths do not add up to the sum before them.</summary>
    RamTotal,

    /// <summary>A block's length is zero or no multiple of the page size.</summary>
    BlockLength,

    /// <summary>Two blocks have one name, or a name is empty.</summary>
    BlockName,

    /// <summary>A page names a block that was not listed.</summary>
    UnknownBlock,

    /// <summary>A page continues a block when none was named before.</summary>
    NoBlock,

    /// <summary>A page's offset lies outside its block.</summary>
    PageOutside,

    /// <summary>A section has a number that was not announced, or comes after its last part.</summary>
    SectionId,

    /// <summary>A section's footer is missing or has another number.</summary>
    Footer,

    /// <summary>A stream in the stream does not end where its length says.</summary>
    Package,

    /// <summary>The stream ended before RAM did.</summary>
    RamNotEnded,

    /// <summary>The bytes ended before the stream did.</summary>
    Truncated,

    /// <summary>A message's length on the return path is not the one that its kind has.</summary>
    MessageLength,

    /// <summary>A message on the return path contradicts itself.</summary>
    MessagePayload,
}

/// <summary>Why the rest of a stream is passed on unread; a closed list.</summary>
public enum OpaqueReason
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>The first device that was not named to the reader: how a stream from QEMU goes on after RAM.</summary>
    DeviceState,

    /// <summary>The stream is complete; what follows describes it.</summary>
    AfterEnd,

    /// <summary>It is wrong; the fault says how.</summary>
    Fault,

    /// <summary>A live section other than RAM, or another instance or version of RAM.</summary>
    LiveSection,

    /// <summary>A type of section that is not known, or not at this place.</summary>
    SectionType,

    /// <summary>A part of the configuration that is not known and may change the layout.</summary>
    Configuration,

    /// <summary>A command that is not known.</summary>
    Command,

    /// <summary>A record of RAM that is not known: compressed, delta, multifd.</summary>
    RamRecord,

    /// <summary>Post-copy over huge pages lists RAM in a layout that does not say what it is.</summary>
    RamLayout,

    /// <summary>A message on the return path that is not known.</summary>
    Message,
}
