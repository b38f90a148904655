using Fabric.Protocol;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.World;

namespace Fabric.Simulation.Runs;

/// <summary>What came of one run.</summary>
/// <param name="Plan">What it was made of.</param>
/// <param name="Broken">The rule that did not hold; null when all did.</param>
/// <param name="Migrations">How many were asked for.</param>
/// <param name="Steps">Acts, deliveries and durable writes while faults could come.</param>
/// <param name="Injected">The faults that came, and the stage in which.</param>
/// <param name="Trace">A line for each transition; empty unless asked for.</param>
public sealed record RunResult(
    Plan Plan, string? Broken, int Migrations, int Steps, IReadOnlyList<(Fault Fault, StageKind? Stage)> Injected,
    IReadOnlyList<string> Trace)
{
    public static RunResult Of(Plan plan, Plant? plant = null, bool trace = false, EffectWalk? walk = null)
    {
        var world = new SimWorld(plan, plant, trace, walk);
        string? broken = null;
        try
        {
            world.Play();
        }
        catch (Exception e)
        {
            // Whatever it is: a run must come to its end.
            broken = e is Fabric.Testing.Scenarios.RuleBrokenException ? e.Message : e.ToString();
        }

        return new RunResult(plan, broken, world.Migrations, world.StepCount, world.Injected, world.TraceLines);
    }

    /// <summary>The broken rule's name, by which shrinking knows the same failure again.</summary>
    public static string KindOf(string broken) => broken switch
    {
        _ when broken.StartsWith("rule ", StringComparison.Ordinal) => broken.Split(':')[0],
        _ when broken.StartsWith("liveness", StringComparison.Ordinal) => "liveness",
        _ when broken.Contains("back in time", StringComparison.Ordinal) => "a guest goes back in time",
        _ when broken.Contains("only copy", StringComparison.Ordinal) => "the only copy is ended",
        _ when broken.Contains("had ended", StringComparison.Ordinal) => "an ended guest runs",
        _ => "the run itself breaks",
    };
}
