namespace Fabric.Protocol;

/// <summary>What a migration can be told. Closed.</summary>
public abstract record MigrationInput;

/// <summary>The journal was read (first start or restart): look at the world and go on.</summary>
public sealed record Resumed : MigrationInput;

/// <summary>A host's agent reported.</summary>
public sealed record Reported(HostId Host, Report Report) : MigrationInput;

/// <summary>A host's agent is connected (again).</summary>
public sealed record HostFound(Side Side) : MigrationInput;

/// <summary>A host's agent is not connected: what was known of it is not known any more.</summary>
public sealed record HostLost(Side Side) : MigrationInput;

/// <summary>The link between its sites says what it has for it.</summary>
public sealed record LineSeen(LineSight Line) : MigrationInput;

/// <summary>The commit is in the journal; said for the downtime only, and nothing is decided by it.</summary>
/// <param name="Ms">How long that took.</param>
public sealed record CommitNoted(double Ms) : MigrationInput;

/// <summary>The operator wants the VM to stay.</summary>
public sealed record CancelRequested : MigrationInput;

/// <summary>The operator accepts that a held VM goes on from its paused copy.</summary>
public sealed record RecoverRequested : MigrationInput;

/// <summary>The operator says that a host is gone for good, and with it what ran there.</summary>
/// <param name="Side">Which end it is.</param>
/// <param name="By">Who says so.</param>
public sealed record HostGoneDeclared(Side Side, string By) : MigrationInput;

/// <summary>The operator wants it sent in another way.</summary>
public sealed record TransferAsked(TransferChange Change) : MigrationInput;

/// <summary>What is to be otherwise; null stays as it is.</summary>
/// <param name="BandwidthMin">Bytes a second; 0: no rule.</param>
/// <param name="BandwidthMax">Bytes a second; 0 is unlimited.</param>
/// <param name="DowntimeLimitMs">At least 1.</param>
/// <param name="Convergence">What is done about a guest that writes too fast.</param>
/// <param name="Connections">Of the data link; 0: as the source's host is configured.</param>
/// <param name="DiskWritesMin">What the guest's writes are never held below, bytes a second; 0: they are not slowed.</param>
public sealed record TransferChange(
    long? BandwidthMin = null, long? BandwidthMax = null, int? DowntimeLimitMs = null,
    ConvergencePolicy? Convergence = null, int? Connections = null, long? DiskWritesMin = null)
{
    /// <summary>The policy with the change in it.</summary>
    public TransferPolicy In(TransferPolicy policy) => policy with
    {
        BandwidthMin = BandwidthMin ?? policy.BandwidthMin,
        BandwidthMax = BandwidthMax ?? policy.BandwidthMax,
        DowntimeLimitMs = DowntimeLimitMs ?? policy.DowntimeLimitMs,
        Convergence = Convergence ?? policy.Convergence,
        Connections = Connections ?? policy.Connections,
        DiskWritesMin = DiskWritesMin ?? policy.DiskWritesMin,
    };
}

/// <summary>The wake-up that was asked for.</summary>
public sealed record Woken : MigrationInput;
