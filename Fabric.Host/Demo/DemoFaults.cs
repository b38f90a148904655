using Fabric.Host.Configuration;
using Fabric.Host.Faults;

namespace Fabric.Host.Demo;

/// <summary>
/// What <c>--kill WHO --at STAGE</c> stands for: of the fault suite's cases, the harshest one for each.
/// </summary>
public static class DemoFaults
{
    private static readonly TimeSpan DataOutage = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NodeOutage = TimeSpan.FromSeconds(3);

    /// <summary>All that the demo breaks.</summary>
    public static IReadOnlyList<FaultVictim> Victims { get; } =
    [
        FaultVictim.TargetVm, FaultVictim.TargetAgent, FaultVictim.SourceAgent, FaultVictim.Coordinator,
        FaultVictim.DataLink, FaultVictim.NodeLink,
    ];

    /// <summary>Their words.</summary>
    public static IReadOnlyList<string> VictimWords { get; } = [.. Victims.Select(FaultNames.WordOf)];

    /// <summary>Those whose break has a length, which <c>--for</c> gives.</summary>
    public static bool HasLength(string? kill) =>
        FaultNames.TryVictim(kill ?? "", out var who) && who is FaultVictim.DataLink or FaultVictim.NodeLink;

    /// <summary>The case; without a length, it has its usual one.</summary>
    public static FaultCase CaseOf(FaultVictim who, FaultStage at, TimeSpan? length = null) => who switch
    {
        FaultVictim.DataLink => new FaultCase(who, FaultAction.Cut, at, length ?? DataOutage, 1),
        FaultVictim.NodeLink => new FaultCase(who, FaultAction.Cut, at, length ?? NodeOutage, 1),
        _ => new FaultCase(who, FaultAction.Kill, at, TimeSpan.Zero, 1),
    };

    /// <summary>The case that a command line names; null breaks nothing.</summary>
    public static FaultCase? CaseOf(string? kill, string? at, TimeSpan? length = null) =>
        FaultNames.TryVictim(kill ?? "", out var who) && FaultNames.TryStage(at ?? "", out var stage)
            ? CaseOf(who, stage, length)
            : null;
}
