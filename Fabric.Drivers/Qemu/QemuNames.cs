using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>QEMU's words for its states, of 7.2 and 10.0, in ours.</summary>
internal static class QemuNames
{
    /// <summary>RunState of <c>query-status</c>.</summary>
    public static RunState RunStateOf(string status) => status switch
    {
        "running" => RunState.Running,

        // A sleeping guest wakes by itself: whoever asks "may it run?" must hear yes.
        "suspended" => RunState.Running,
        "paused" or "prelaunch" or "debug" or "save-vm" or "restore-vm" => RunState.Paused,
        "inmigrate" => RunState.Inmigrate,
        "finish-migrate" => RunState.FinishMigrate,
        "postmigrate" => RunState.Postmigrate,
        "shutdown" => RunState.Shutdown,

        // guest-panicked, internal-error, io-error, watchdog, colo, and what this program has never heard of.
        _ => RunState.Broken,
    };

    /// <summary>
    /// MigrationStatus of <c>query-migrate</c> and of the MIGRATION event; null when there is none
    /// yet.
    /// </summary>
    public static MigrationPhase PhaseOf(string? status) => status switch
    {
        null or "none" => MigrationPhase.None,
        "setup" => MigrationPhase.Setup,
        "active" => MigrationPhase.Active,
        "pre-switchover" => MigrationPhase.PreSwitchover,
        "device" => MigrationPhase.Device,
        "completed" => MigrationPhase.Completed,
        "cancelling" => MigrationPhase.Cancelling,
        "cancelled" => MigrationPhase.Cancelled,
        "failed" => MigrationPhase.Failed,
        "postcopy-active" => MigrationPhase.PostcopyActive,
        "postcopy-paused" => MigrationPhase.PostcopyPaused,
        "postcopy-recover-setup" => MigrationPhase.PostcopyRecoverSetup,
        "postcopy-recover" => MigrationPhase.PostcopyRecover,
        "colo" => MigrationPhase.Colo,
        "wait-unplug" => MigrationPhase.WaitUnplug,
        _ => MigrationPhase.Unknown,
    };
}
