using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>A stretch of a case, in milliseconds from the request.</summary>
/// <param name="Name">A stage, or a copy of the guest.</param>
/// <param name="FromMs">When it began.</param>
/// <param name="ToMs">When it ended.</param>
public sealed record Span(string Name, double FromMs, double ToMs);

/// <summary>What happened when, for people to look at. Times are of one clock: this machine's.</summary>
/// <param name="LengthMs">To the end of what is shown.</param>
/// <param name="Stages">Durable stages of the migration that was broken.</param>
/// <param name="Runs">When each copy of the guest executed.</param>
/// <param name="Fault">When something was broken, until it was mended.</param>
/// <param name="Events">The journal's lines.</param>
/// <param name="Gaps">When no copy executed, between the first that is shown and the last.</param>
public sealed record Timeline(
    double LengthMs, IReadOnlyList<Span> Stages, IReadOnlyList<Span> Runs, Span? Fault, IReadOnlyList<Span> Events,
    IReadOnlyList<Span> Gaps)
{
    // Beside what happens, so that a run before and after it can be seen.
    private const double MarginMs = 500;

    /// <summary>Puts it together.</summary>
    internal static Timeline? Of(MigrationRecord migration, IReadOnlyList<CopyRecord> copies, BreakReport? broke)
    {
        if (migration.Lines.Count == 0)
            return null;
        var zero = migration.Lines[0].WrittenAt;
        double Ms(DateTimeOffset at) => (at - zero).TotalMilliseconds;
        var last = Math.Max(Ms(migration.Lines[^1].WrittenAt), Ms(broke?.Until ?? broke?.At ?? zero));
        var end = last + MarginMs;
        var stages = new List<Span>();
        var events = new List<Span>();
        var state = MigrationState.Initial;
        foreach (var line in migration.Lines)
        {
            var before = state.Stage.Kind;
            state = MigrationEvolution.Evolve(state, line.Event);
            var at = Ms(line.WrittenAt);
            events.Add(new Span(line.Event.GetType().Name, at, at));
            if (state.Stage.Kind == before)
                continue;
            if (stages.Count > 0)
                stages[^1] = stages[^1] with { ToMs = at };
            stages.Add(new Span(FaultNames.WordOf(state.Stage.Kind), at, end));
        }

        var runs = copies
            .SelectMany(c => c.Runs.Select(r =>
                new Span(c.Name, Math.Max(-MarginMs, Ms(r.From)), r.To is { } to ? Ms(to) : end)))
            .Where(s => s.ToMs > -MarginMs && s.FromMs < end)
            .Select(s => s with { ToMs = Math.Min(s.ToMs, end) })
            .ToList();
        var fault = broke is null ? null : new Span(broke.What, Ms(broke.At), Ms(broke.Until ?? broke.At));
        return new Timeline(end, stages, runs, fault, events, GapsIn(runs));
    }

    private static List<Span> GapsIn(List<Span> runs)
    {
        var gaps = new List<Span>();
        var until = double.MaxValue;
        foreach (var run in runs.OrderBy(r => r.FromMs))
        {
            if (run.FromMs > until)
                gaps.Add(new Span("no copy runs", until, run.FromMs));
            until = until is double.MaxValue ? run.ToMs : Math.Max(until, run.ToMs);
        }

        return gaps;
    }
}
