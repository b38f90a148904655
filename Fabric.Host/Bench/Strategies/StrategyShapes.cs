using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Strategies;

/// <summary>What the literature shows of these strategies, held against what was measured.</summary>
internal static class StrategyShapes
{
    public static IReadOnlyList<Shape> Of(IReadOnlyList<StrategyResult> moves)
    {
        var shapes = new List<Shape>();
        foreach (var line in moves.Select(m => m.LineMbps).Distinct())
        {
            var here = moves.Where(m => m.LineMbps.Equals(line)).ToList();
            shapes.AddRange(OfLine(line, here));
        }

        return shapes;
    }

    private static IEnumerable<Shape> OfLine(double line, List<StrategyResult> moves)
    {
        var at = string.Create(CultureInfo.InvariantCulture, $" ({line:0} Mbit/s)");
        var pairs = moves.Where(m => m.Strategy == Strategy.StopAndCopy)
            .Select(stop => (Stop: stop, Pre: Find(moves, stop.Program, Strategy.PreCopyFixed), Post: Find(moves, stop.Program, Strategy.PostCopy)))
            .Where(p => p is { Pre: not null, Post: not null })
            .ToList();
        if (pairs.Count > 0)
        {
            yield return Judge(
                "Pre-copy's downtime is shorter than stop-and-copy's for every program" + at,
                pairs.Select(p => (p.Stop.Program, p.Pre!.DowntimeMs, p.Stop.DowntimeMs)), (pre, stop) => pre < stop);
            yield return Judge(
                "Post-copy's downtime is shorter than stop-and-copy's for every program" + at,
                pairs.Select(p => (p.Stop.Program, p.Post!.DowntimeMs, p.Stop.DowntimeMs)), (post, stop) => post < stop);
            yield return Judge(
                "Post-copy sends no page twice: no more than pre-copy" + at,
                pairs.Select(p => (p.Stop.Program, p.Post!.BytesOverMemory, p.Pre!.BytesOverMemory)),
                (post, pre) => post <= pre * 1.02);
        }

        var preCopies = moves.Where(m => m.Strategy == Strategy.PreCopyFixed).ToList();
        if (preCopies.Count > 1 && preCopies.Find(m => m.Program is GuestProgramSpec.MemoryMuncher) is { } muncher)
        {
            yield return Judge(
                "The memory muncher has the longest downtime of pre-copy (3.5 s in the paper, others up to 210 ms)" + at,
                preCopies.Where(m => m != muncher).Select(m => (m.Program, m.DowntimeMs, muncher.DowntimeMs)),
                (other, most) => other <= most);
        }

        foreach (var move in preCopies.Where(m => m.Program is GuestProgramSpec.SpecWeb && m.Rounds.Count > 2))
        {
            yield return new Shape(
                "SPECweb's second round is less than half of its first (676.8 MB, then 126.7 in the paper)" + at,
                string.Create(CultureInfo.InvariantCulture, $"{move.Rounds[0].Bytes / 1e6:0.0} MB, then {move.Rounds[1].Bytes / 1e6:0.0}"),
                move.Rounds[1].Bytes * 2 < move.Rounds[0].Bytes);
        }
    }

    private static StrategyResult? Find(List<StrategyResult> moves, string program, Strategy strategy) =>
        moves.Find(m => m.Strategy == strategy && string.Equals(m.Program, program, StringComparison.Ordinal));

    private static Shape Judge(
        string what, IEnumerable<(string Program, double Left, double Right)> cases, Func<double, double, bool> holds)
    {
        var wrong = cases.Where(c => !holds(c.Left, c.Right)).Select(c =>
            string.Create(CultureInfo.InvariantCulture, $"{c.Program}: {c.Left:0.##} against {c.Right:0.##}")).ToList();
        return new Shape(what, wrong.Count == 0 ? "so it is" : $"not so for {string.Join("; ", wrong)}", wrong.Count == 0);
    }
}
