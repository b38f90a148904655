namespace Fabric.Simulation.World;

/// <summary>What a planted bug does to the data links of a run.</summary>
public enum LinkBug
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// A frame that was cut in its middle is sent again from its beginning, under the number of the rest.
    /// </summary>
    ResendsFromWrongOffset,

    /// <summary>A frame is acknowledged when its head has come.</summary>
    AcksBeforeItCame,

    /// <summary>A frame that comes twice is given to its reader twice.</summary>
    TakesDuplicates,

    /// <summary>A proof that was used lets another connection in.</summary>
    TakesUsedProofs,

    /// <summary>A reader that stands still is taken for one that reads.</summary>
    GivesEndlessCredit,

    /// <summary>Silence means nothing.</summary>
    IgnoresSilence,

    /// <summary>What was lost with a connection is taken for sent.</summary>
    ForgetsLostFrames,
}
