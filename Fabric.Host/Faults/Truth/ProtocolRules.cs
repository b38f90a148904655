using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Truth;

/// <summary>
/// The rules of the protocol, checked against what the hypervisors did and not against what the fabric says it did. The
/// journal is asked only for what was decided and when that was written. Rule 2 (one writer of each disk) is asked of the
/// kernel's locks, where guests have disks.
/// </summary>
public static class ProtocolRules
{
    // An observer hears of an end through a closed socket, and the agent through its pidfd: either may be first.
    private static readonly TimeSpan SeenWithin = TimeSpan.FromSeconds(1);

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
        new("deathIsSeen", [.. e.Migrations.SelectMany(m => Presumed(m, e.Copies))], "deaths that were decided upon"),
        new("noAssertionBroken", [.. e.Migrations.SelectMany(Broken)], "holds"),
        new("nothingLeftOnLoser", e.Leftovers, "processes, sockets, images and what networks need"),
        .. OfDisks(e),
        .. OfAddress(e),
        new("epochsRise", [.. Epochs(e.VmHistory)], string.Create(
            CultureInfo.InvariantCulture, $"{e.VmHistory.Count} events of the VM")),
        new("oneHistory", e.JournalFaults, "the journal, read again"),
        new(
            "sourceKeptUntilTargetRuns", [.. e.Migrations.SelectMany(m => EarlyEnds(m, e.Copies))],
            "ends of copies that went away"),
        .. OfLinks(e),
        new(
            "retryWorks", [.. Retry(e.Migrations)],
            e.Migrations.Count > 1 ? "a second migration was made" : "not needed"),
    ];

    private static IEnumerable<RuleResult> OfDisks(Evidence e)
    {
        if (e.Copies.Sum(c => c.DiskLooks) is > 0 and var looks)
        {
            yield return new("oneWriter", DiskWriters.Find(e.Copies), string.Create(
                CultureInfo.InvariantCulture, $"{e.Copies.Sum(c => c.Writings.Count)} writers, {looks} looks"));
        }

        if (e.Disk is { } disk)
            yield return new("noWriteLost", [.. disk.Faults()], disk.Seen);
    }

    private static IEnumerable<RuleResult> OfAddress(Evidence e) => e.Address is { } address
        ? [new("oneAddress", [.. address.Faults(e.Copies)], address.Seen)]
        : [];

    private static IEnumerable<RuleResult> OfLinks(Evidence e) => e.Connections is { } connections
        ? [new(
            "alwaysTls", e.PlainConnections == 0 ? [] : [string.Create(
                CultureInfo.InvariantCulture, $"{e.PlainConnections} connections did not begin with TLS")],
            string.Create(CultureInfo.InvariantCulture, $"{connections} connections"))]
        : [];

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

    /// <summary>Rule 5: what is written as dead was dead by then, and not only silent.</summary>
    private static IEnumerable<string> Presumed(MigrationRecord migration, IReadOnlyList<CopyRecord> copies)
    {
        var written = migration.First<SourceHandedOff>() is { Dead: true } ? migration.When<SourceHandedOff>()
            : migration.Ended?.Outcome == MigrationOutcome.Lost ? migration.When<MigrationEnded>()
            : null;
        if (written is not { } at)
            yield break;
        foreach (var copy in SourceOf(migration, copies).Where(c => c.IsAlive || c.GoneAt > at + SeenWithin))
            yield return $"{copy.Name} was taken for dead at {Text(at)} and lived";
    }

    /// <summary>Rule 6: the recovery table knew what to do.</summary>
    private static IEnumerable<string> Broken(MigrationRecord migration) => migration.Lines.Select(l => l.Event)
        .OfType<HeldForOperator>().Where(h => h.Reason == FailureReason.AssertionBroken)
        .Select(h => $"{migration.Plan.Id} was held: {h.Detail}");

    /// <summary>Rule 8: who owns it later owns it under a higher epoch.</summary>
    private static IEnumerable<string> Epochs(IReadOnlyList<VmEvent> history)
    {
        long last = 0;
        foreach (var epoch in history.Select(EpochOf).OfType<long>())
        {
            if (epoch <= last)
                yield return string.Create(CultureInfo.InvariantCulture, $"epoch {epoch} came after epoch {last}");
            last = epoch;
        }
    }

    private static long? EpochOf(VmEvent happened) => happened switch
    {
        VmStartOrdered e => e.Epoch,
        OwnershipMoved e => e.Epoch,
        _ => null,
    };

    /// <summary>Rule 11: a source that handed off is there until the target has run, or it has the guest back.</summary>
    private static IEnumerable<string> EarlyEnds(MigrationRecord migration, IReadOnlyList<CopyRecord> copies)
    {
        if (migration.First<SourceHandedOff>() is not { Dead: false }
            || migration.When<Committed>() is not { } committed)
            yield break;
        var ran = copies.Where(c => c.Term == migration.Plan.Term && c.Attempt == migration.CommittedAttempt)
            .SelectMany(c => c.Runs).Select(r => (DateTimeOffset?)r.From).Min();
        var until = migration.When<CommitReverted>() ?? ran;
        foreach (var copy in SourceOf(migration, copies)
            .Where(c => !c.KilledOnPurpose && c.GoneAt >= committed && (until is null || c.GoneAt < until)))
        {
            yield return $"{copy.Name} ended before the target ran";
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
