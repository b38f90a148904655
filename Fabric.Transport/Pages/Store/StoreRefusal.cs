namespace Fabric.Transport.Pages.Store;

/// <summary>Why a page store is not used, or why what was in it is not; a closed list. A transfer goes on without it.</summary>
public enum StoreRefusal
{
    /// <summary>It is used.</summary>
    None = 0,

    /// <summary>This host has no directory for page stores.</summary>
    Off,

    /// <summary>The quota or the disk has no room for this guest.</summary>
    NoRoom,

    /// <summary>Another transfer of the VM has it open.</summary>
    InUse,

    /// <summary>The disk said no.</summary>
    Disk,

    /// <summary>There was none: it is new.</summary>
    New,

    /// <summary>It belongs to another VM: begun anew.</summary>
    OtherVm,

    /// <summary>Its identity cannot be read: begun anew.</summary>
    Damaged,

    /// <summary>Its files do not have the size of the guest: begun anew.</summary>
    WrongSize,

    /// <summary>The guest's memory is laid out otherwise now: begun anew.</summary>
    OtherLayout,

    /// <summary>Its hashes were made with another secret than the peer's: begun anew.</summary>
    OtherKey,
}
