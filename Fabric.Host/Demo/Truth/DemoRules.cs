using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Truth;

/// <summary>
/// The rules of the protocol, checked against what the hypervisors did and not against what the fabric says it did. The
/// journal is asked only for what was decided and when that was written.
/// </summary>
public static class DemoRules
{
    /// <summary>All rules, each with its violations.</summary>
    public static IReadOnlyList<RuleResult> Check(Evidence e) =>
    [
        new("oneRunning", Overlaps.Find(e.Copies), string.Create(
            CultureInfo.InvariantCulture,
            $"{e.Copies.Count} copies, {e.Copies.Sum(c => c.Runs.Count)} runs, " +
            $"{e.Copies.Sum(c => c.Samples)} samples")),
        new(
            "noRunWithoutGrant", [.. e.Copies.SelectMany(c => EarlyRuns(c, e.Migrations))],
            "runs of copies that came in"),
        new(
            "sourceNeverRunsAfterCommit", [.. e.Migrations.SelectMany(m => LateRuns(m, e.Copies))],
            "runs of copies that went away"),
        new(
            "outcomeTrue", [.. e.Migrations.SelectMany(m => Untrue(m, e.Copies))],
            string.Join(", ", e.Migrations.Select(m => m.Ended?.Outcome.ToString() ?? "no outcome"))),
        new("oneCopyAtRest", [.. AtRest(e)], string.Join(", ", e.Copies.Where(c => c.IsAlive).Select(c => c.Name))),
        new("nothingLeftOnLoser", e.Leftovers, "processes and sockets"),
        new(
            "retryWorks", [.. Retry(e.Migrations)],
            e.Migrations.Count > 1 ? "a second migration was made" : "not needed"),
    ];

    private static string Text(DateTimeOffset moment) => $"{moment:HH:mm:ss.ffffff}";

    /// <summary>Rule 3: nothing that came in runs before its own attempt's commit is in the journal.</summary>
    private static IEnumerable<string> EarlyRuns(CopyRecord copy, IReadOnlyList<MigrationRecord> migrations)
    {
        if (copy.Term is not { } term || copy.Runs.Count == 0)
            yield break;
        var from = copy.Runs[0].From;
        var migration = migrations.FirstOrDefault(m => m.Plan.Term == term && m.CommittedAttempt == copy.Attempt);
        if (migration?.When<Committed>() is not { } committed)
            yield return $"{copy.Name} ran and was never committed";
        else if (from < committed)
            yield return $"{copy.Name} ran from {Text(from)}, before the commit at {Text(committed)}";
    }

    /// <summary>Rule 4: after the commit the source stays still, unless the journal gave ownership back.</summary>
    private static IEnumerable<string> LateRuns(MigrationRecord migration, IReadOnlyList<CopyRecord> copies)
    {
        if (migration.When<Committed>() is not { } committed)
            return [];
        var forbidden = new RunInterval(committed, migration.When<CommitReverted>());
        return from copy in SourceOf(migration, copies)
               from run in copy.Runs
               where run.Overlaps(forbidden)
               select $"{copy.Name} ran at the source after the commit at {Text(committed)}";
    }

    /// <summary>Rule 10: when an outcome was written, the guest ran where it says; when it was held, nowhere.</summary>
    private static IEnumerable<string> Untrue(MigrationRecord migration, IReadOnlyList<CopyRecord> copies)
    {
        if (migration.When<HeldForOperator>() is { } heldAt && copies.FirstOrDefault(c => c.RanAt(heldAt)) is { } runs)
            yield return $"{migration.Plan.Id} was held for the operator while {runs.Name} ran";
        if (migration.Ended is not { } ended)
        {
            yield return $"{migration.Plan.Id} has no outcome";
            yield break;
        }

        var at = migration.When<MigrationEnded>()!.Value;
        var host = ended.Keeper switch
        {
            Keeper.Source => migration.Plan.Source.Value,
            Keeper.Target => migration.Plan.Target.Value,
            Keeper.HeldAtSource or Keeper.Nobody => null,
            _ => throw new ArgumentOutOfRangeException(nameof(migration), ended.Keeper, "not a keeper"),
        };
        var there = copies.FirstOrDefault(c => c.RanAt(at));
        if (!string.Equals(there?.Host, host, StringComparison.Ordinal))
        {
            var ran = there?.Name ?? "nothing";
            yield return $"{migration.Plan.Id} ended as {ended.Outcome} at {Text(at)}, when {ran} ran";
        }

    }

    /// <summary>Rule 1, at rest: exactly one process, and it runs.</summary>
    private static IEnumerable<string> AtRest(Evidence e)
    {
        var alive = e.Copies.Where(c => c.IsAlive).ToList();
        if (alive.Count != 1)
            yield return $"{alive.Count} processes are there: {string.Join(", ", alive.Select(c => c.Name))}";
        foreach (var copy in alive.Where(c => !c.IsRunning))
            yield return $"{copy.Name} is there and does not run";
    }

    /// <summary>Rule 7: after a failure an immediate migration succeeds.</summary>
    private static IEnumerable<string> Retry(IReadOnlyList<MigrationRecord> migrations)
    {
        if (migrations[0].Ended?.Outcome == MigrationOutcome.Completed)
            yield break;
        if (migrations.Count < 2)
            yield return "no second migration was made";
        else if (migrations[1].Ended is not { } ended)
            yield return "the second migration has no outcome";
        else if (ended.Outcome != MigrationOutcome.Completed)
            yield return $"the second migration ended as {ended.Outcome} ({ended.Reason})";
    }

    private static IEnumerable<CopyRecord> SourceOf(MigrationRecord migration, IReadOnlyList<CopyRecord> copies) =>
        copies.Where(c => string.Equals(c.Host, migration.Plan.Source.Value, StringComparison.Ordinal)
            && migration.When<MigrationRequested>() is { } asked && c.RanAt(asked));
}
