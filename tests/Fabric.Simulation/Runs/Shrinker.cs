using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;

namespace Fabric.Simulation.Runs;

/// <summary>
/// Cuts a failing run's list of faults, and then its moves, as long as the same rule breaks. What is drawn besides them
/// has streams of its own, so a fault that is left out moves nothing that does not follow from it.
/// </summary>
public static class Shrinker
{
    private const int RunsMax = 400;

    /// <summary>The numbers (from 1) of the faults and moves that are enough.</summary>
    public static (IReadOnlyList<int> Faults, IReadOnlyList<int> Moves) Shrink(Plan plan, string broken, Plant? plant)
    {
        var kind = RunResult.KindOf(broken);
        var runs = 0;
        bool Breaks(IReadOnlyList<int> faults, IReadOnlyList<int> moves) =>
            runs++ < RunsMax && RunResult.Of(Only(plan, faults, moves), plant).Broken is { } again
            && string.Equals(RunResult.KindOf(again), kind, StringComparison.Ordinal);

        var faults = Numbers(plan.Faults.Count);
        var moves = Numbers(plan.Moves.Count);
        faults = Cut(faults, f => Breaks(f, moves));
        moves = Cut(moves, m => Breaks(faults, m));
        return (Cut(faults, f => Breaks(f, moves)), moves);
    }

    /// <summary>The plan with only these of its faults and moves.</summary>
    public static Plan Only(Plan plan, IReadOnlyList<int> faults, IReadOnlyList<int> moves) => plan with
    {
        Faults = [.. faults.Select(n => plan.Faults[n - 1])],
        Moves = [.. moves.Select(n => plan.Moves[n - 1])],
    };

    private static List<int> Numbers(int count) => [.. Enumerable.Range(1, count)];

    /// <summary>Leaves out halves, then quarters, down to single ones, as long as it still breaks.</summary>
    private static List<int> Cut(List<int> all, Func<IReadOnlyList<int>, bool> breaks)
    {
        for (var size = Math.Max(1, all.Count / 2); all.Count > 0; size /= 2)
        {
            for (var at = 0; at < all.Count;)
            {
                var fewer = all.Take(at).Concat(all.Skip(at + size)).ToList();
                if (breaks(fewer))
                    all = fewer;
                else
                    at += size;
            }

            if (size == 1)
                break;
        }

        return all;
    }
}
