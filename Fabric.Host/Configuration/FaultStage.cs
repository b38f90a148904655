namespace Fabric.Host.Configuration;

/// <summary>The stage before which every migration waits, for demonstrations and fault tests.</summary>
public enum FaultStage
{
    Off = 1,
    PreMigration,
    Reservation,
    StorageSync,
    PreCopy,
    StopAndCopy,
    Commitment,
    Activation,
}
