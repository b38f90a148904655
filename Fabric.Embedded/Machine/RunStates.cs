namespace Fabric.Embedded.Machine;

/// <summary>QEMU's words for what a machine does.</summary>
internal static class RunStates
{
    public const string Prelaunch = "prelaunch";
    public const string Inmigrate = "inmigrate";
    public const string Running = "running";
    public const string Paused = "paused";
    public const string FinishMigrate = "finish-migrate";
    public const string Postmigrate = "postmigrate";
    public const string Shutdown = "shutdown";
}
