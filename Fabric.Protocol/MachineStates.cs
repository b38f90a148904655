namespace Fabric.Protocol;

/// <summary>Whether a machine's vCPUs run.</summary>
public enum RunState
{
    /// <summary>vCPUs run, or the guest sleeps and may wake by itself.</summary>
    Running = 1,

    /// <summary>Paused by order, or before the first start.</summary>
    Paused,

    /// <summary>Waiting for, or taking in, a migration.</summary>
    Inmigrate,

    /// <summary>Paused by the hypervisor for the last copy.</summary>
    FinishMigrate,

    /// <summary>
    /// Handed off: it never runs again by itself. Of a guest that was paused before, QEMU 7.2 says this after a failed
    /// or cancelled migration too: only together with <see cref="MigrationPhase.Completed"/> it means a hand-off.
    /// </summary>
    Postmigrate,

    /// <summary>The guest turned itself off; the process stays until it is killed.</summary>
    Shutdown,

    /// <summary>The guest crashed or an internal or I/O error stopped it.</summary>
    Broken,
}

/// <summary>A hypervisor's migration state, every one of QEMU's by name.</summary>
public enum MigrationPhase
{
    None = 1,
    Setup,
    Active,
    PreSwitchover,
    Device,
    Completed,
    Cancelling,
    Cancelled,
    Failed,
    PostcopyActive,
    PostcopyPaused,
    PostcopyRecoverSetup,
    PostcopyRecover,
    Colo,
    WaitUnplug,

    /// <summary>A state that this program does not know; nothing is concluded from it.</summary>
    Unknown,
}
