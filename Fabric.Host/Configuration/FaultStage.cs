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

    /// <summary>The target runs and the outcome is written; what the source still has is taken away.</summary>
    ReleasingSource,
}
