namespace Fabric.Embedded.Migration;

/// <summary>QEMU's words for where a migration stands.</summary>
internal static class MigrationPhases
{
    public const string None = "none";
    public const string Setup = "setup";
    public const string Active = "active";
    public const string PreSwitchover = "pre-switchover";
    public const string Device = "device";
    public const string Completed = "completed";
    public const string Cancelling = "cancelling";
    public const string Cancelled = "cancelled";
    public const string Failed = "failed";
    public const string PostcopyActive = "postcopy-active";
    public const string PostcopyPaused = "postcopy-paused";
    public const string PostcopyRecover = "postcopy-recover";

    /// <summary>No migration is under way in it.</summary>
    public static bool IsIdle(string phase) => phase is None or Completed or Cancelled or Failed;
}
