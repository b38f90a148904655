namespace Fabric.Simulation.Pages;

/// <summary>What a planted bug does to page stores and to what sources make of them.</summary>
public enum StoreBug
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A store is opened without comparing its pages with their hashes.</summary>
    NotChecked,

    /// <summary>Pages are compared with their hashes neither when a store is opened nor when they are used.</summary>
    NotCompared,

    /// <summary>The manifest names what the store held before its last transfer.</summary>
    NamesEarlierGeneration,

    /// <summary>A source sends only what its guest has written since the attempt before.</summary>
    SkipsCleanPages,

    /// <summary>A source believes that the target holds what it was sent in the attempt before.</summary>
    TrustsLastAttempt,

    /// <summary>Whose pages are in a store is not looked at.</summary>
    TakesOtherVms,

    /// <summary>A checkpoint that was made with another secret is written on.</summary>
    IgnoresSecret,

    /// <summary>What a source sends in its last copy is not in its checkpoint.</summary>
    ForgetsLastRound,

    /// <summary>Other VMs' stores are not counted.</summary>
    IgnoresQuota,

    /// <summary>A store stays when its VM runs, whatever the settings say.</summary>
    NeverRemoves,
}
