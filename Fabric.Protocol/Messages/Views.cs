namespace Fabric.Protocol;

/// <summary>Which end of a migration.</summary>
public enum Side
{
    /// <summary>Where the guest runs before the commit.</summary>
    Source = 1,

    /// <summary>Where it is to run.</summary>
    Target,
}

/// <summary>
/// What the source's agent says of its copy, for one attempt. An attempt goes through these in this order, so a lower
/// one than was seen before is a late report.
/// </summary>
public enum SourceView
{
    /// <summary>
    /// No fresh word: the agent is not connected, or was not asked yet. Never read as failure (rule 5).
    /// </summary>
    Unknown,

    /// <summary>The guest runs here under the stamp's epoch; the attempt has not begun.</summary>
    Ready,

    /// <summary>Its disks are being copied; the guest runs here.</summary>
    Syncing,

    /// <summary>Its disks are nearly equal, and are kept so; the guest runs here.</summary>
    Synced,

    /// <summary>Pre-copy is under way; the guest runs here.</summary>
    Sending,

    /// <summary>Paused for the last pages; the hypervisor would resume it by itself on failure.</summary>
    Paused,

    /// <summary>Everything is sent, the copy is paused for good, and the ledger says so.</summary>
    HandedOff,

    /// <summary>The attempt is over here and the guest runs here.</summary>
    Failed,

    /// <summary>
    /// The process is known dead, and the guest may have run here until then: no complete copy elsewhere is known to be
    /// as new as what was lost.
    /// </summary>
    DiedRunning,

    /// <summary>
    /// The process is known dead, and the guest did not run here after the attempt had paused it: a complete copy at
    /// the target is the latest.
    /// </summary>
    Dead,

    /// <summary>There is no copy here, and the ledger knows of none that should be.</summary>
    Absent,
}

/// <summary>
/// What the target's agent says of its copy, for one attempt. An attempt goes through these in this order, but for
/// <see cref="Gone"/>, which ends any of them; a lower one than was seen before is a late report.
/// </summary>
public enum TargetView
{
    /// <summary>
    /// No fresh word: the agent is not connected, or was not asked yet. Never read as failure (rule 5).
    /// </summary>
    Unknown,

    /// <summary>This attempt left no trace here (yet).</summary>
    Absent,

    /// <summary>A stopped hypervisor waits for bytes; memory, port and ticket are reserved.</summary>
    Prepared,

    /// <summary>Bytes arrive.</summary>
    Receiving,

    /// <summary>All of the guest is here, paused; it waits for a grant.</summary>
    Loaded,

    /// <summary>The grant is in the ledger and the guest runs.</summary>
    Running,

    /// <summary>The attempt is closed here: nothing runs, and the ledger refuses a grant for ever.</summary>
    Gone,

    /// <summary>The process died after the grant was noted: the guest may have run.</summary>
    Crashed,
}

/// <summary>Whether a VM runs on its owner, as the owner's agent says.</summary>
public enum LifeView
{
    /// <summary>Its process starts or the guest is about to run.</summary>
    Starting = 1,

    /// <summary>The guest runs.</summary>
    Running,

    /// <summary>Ended by order, or the guest turned itself off.</summary>
    Stopped,

    /// <summary>The process died unasked, or did not start.</summary>
    Dead,

    /// <summary>The agent's ledger has no such VM.</summary>
    Absent,
}
