namespace Fabric.Protocol;

/// <summary>The steps of moving a VM's network.</summary>
public enum NetworkStep
{
    /// <summary>Nothing is changed; what would go wrong is said.</summary>
    Precheck = 1,

    /// <summary>All but the flip, while the VM runs at the source.</summary>
    Prepare = 2,

    /// <summary>The flip.</summary>
    Activate = 3,

    /// <summary>As it was before.</summary>
    RollBack = 4,

    /// <summary>What only the move needed is taken away.</summary>
    Release = 5,
}

/// <summary>What a step found.</summary>
public enum NetworkFound
{
    /// <summary>It was so already.</summary>
    AsWanted = 1,

    /// <summary>It was not, and now is.</summary>
    Changed = 2,

    /// <summary>The interface that it belonged to is gone, and with it all of it.</summary>
    Gone = 3,

    /// <summary>It was left, for other machines of this host use it.</summary>
    Kept = 4,
}

/// <summary>One thing that a step looked after.</summary>
/// <param name="What">In words, as <c>route 10.0.0.7/32 dev vtap</c>.</param>
/// <param name="Found">How it was found.</param>
/// <param name="Micros">What it took, in microseconds.</param>
public sealed record NetworkFinding(string What, NetworkFound Found, long Micros);

/// <summary>A step that was done.</summary>
/// <param name="Step">Which.</param>
/// <param name="Role">For whom.</param>
/// <param name="Micros">What all of it took, in microseconds.</param>
/// <param name="Findings">What it looked after, in its order.</param>
/// <param name="Alarms">What did not go as it should and does not stop the VM; for the operator.</param>
public sealed record NetworkStepResult(
    NetworkStep Step, NetworkRole Role, long Micros, IReadOnlyList<NetworkFinding> Findings, IReadOnlyList<string> Alarms)
{
    /// <summary>What had come by the move's tunnel, at its release; null where there is none.</summary>
    public TunnelTraffic? Received { get; init; }

    /// <summary>Whether anything was changed.</summary>
    public bool ChangedAnything() => Findings.Any(f => f.Found == NetworkFound.Changed);
}

/// <summary>What a tunnel brought since it was made.</summary>
public readonly record struct TunnelTraffic(long Packets, long Bytes);
