using Fabric.Host.Faults.Truth;
using Fabric.Protocol;
using static Fabric.Host.Tests.Faults.Clock;

namespace Fabric.Host.Tests.Faults;

/// <summary>Each rule is shown to hold in a good history and to be broken by one change of it.</summary>
public sealed class ProtocolRulesTests
{
    private static readonly MigrationPlan Plan = new(
        MigrationId.Of("demo-m4"), HostId.Of("host-a"), HostId.Of("host-b"), 1, 4,
        new VmSpec { Id = VmId.Of("demo"), MemoryKiB = 131136 }, new MigrationPolicy());

    private static readonly CopyRecord Source = Copy("host-a/e1", isAlive: false, [Run(0, 100)]);
    private static readonly CopyRecord Target = Copy("host-b/e1-t4-a1", isAlive: true, [Run(150, null)]);

    private static readonly MigrationRecord Completed = Record(
        (10, new MigrationRequested(Plan, At(10))),
        (20, new AttemptStarted(1, At(20))),
        (140, new Committed(Plan.Target, 2, At(140))),
        (160, Ended(MigrationOutcome.Completed, Keeper.Target)));

    private static readonly MigrationRecord RolledBack = Record(
        (10, new MigrationRequested(Plan, At(10))),
        (20, new AttemptStarted(1, At(20))),
        (60, Ended(MigrationOutcome.RolledBack, Keeper.Source)));

    [Fact]
    public void All_rules_hold_in_a_migration_that_completed() =>
        Broken(new Evidence([Source, Target], [Completed], [])).ShouldBeEmpty();

    [Fact]
    public void Two_running_copies_break_one_running() =>
        Broken(new Evidence([Source with { Runs = [Run(0, 151)] }, Target], [Completed], []))
            .ShouldBe(["oneRunning", "sourceNeverRunsAfterCommit"], ignoreOrder: true);

    [Fact]
    public void Run_before_the_commit_is_in_the_journal_breaks_the_grant() =>
        Broken(new Evidence([Source, Target with { Runs = [Run(139, null)] }], [Completed], []))
            .ShouldBe(["noRunWithoutGrant"]);

    [Fact]
    public void Run_of_an_attempt_that_was_not_the_committed_one_breaks_the_grant() =>
        Broken(new Evidence([Source, Copy("host-b/e1-t4-a2", isAlive: true, [Run(150, null)])], [Completed], []))
            .ShouldBe(["noRunWithoutGrant"]);

    [Fact]
    public void Source_that_runs_again_after_the_commit_is_seen_though_nothing_overlaps() =>
        Broken(new Evidence([Source with { Runs = [Run(0, 100), Run(141, 149)] }, Target], [Completed], []))
            .ShouldBe(["sourceNeverRunsAfterCommit"]);

    [Fact]
    public void Outcome_while_nothing_ran_is_not_true() =>
        Broken(new Evidence([Source, Target with { Runs = [Run(161, null)] }], [Completed], []))
            .ShouldBe(["outcomeTrue"]);

    [Fact]
    public void Migration_without_an_outcome_is_not_true() =>
        Broken(new Evidence([Source, Target], [Completed with { Lines = [.. Completed.Lines.SkipLast(1)] }], []))
            .Contains("outcomeTrue", StringComparer.Ordinal).ShouldBeTrue();

    [Fact]
    public void Second_process_at_rest_is_one_too_many() =>
        Broken(new Evidence([Source with { IsAlive = true }, Target], [Completed], [])).ShouldBe(["oneCopyAtRest"]);

    [Fact]
    public void Leftover_breaks_its_rule() =>
        Broken(new Evidence([Source, Target], [Completed], ["the socket in.sock"])).ShouldBe(["nothingLeftOnLoser"]);

    [Fact]
    public void Rollback_needs_a_retry_that_works()
    {
        var source = Copy("host-a/e1", isAlive: true, [Run(0, null)]);
        Broken(new Evidence([source], [RolledBack], [])).ShouldBe(["retryWorks"]);
        Broken(new Evidence([source], [RolledBack, RolledBack], [])).ShouldBe(["retryWorks"]);
    }

    [Fact]
    public void Source_may_run_again_once_the_journal_gave_it_back()
    {
        var reverted = Record(
            (10, new MigrationRequested(Plan, At(10))),
            (20, new AttemptStarted(1, At(20))),
            (140, new Committed(Plan.Target, 2, At(140))),
            (200, new CommitReverted(Plan.Source, 3, FailureReason.TargetLostBeforeRun, null, At(200))),
            (220, Ended(MigrationOutcome.RolledBack, Keeper.Source)));
        var source = Copy("host-a/e1", isAlive: true, [Run(0, 100), Run(210, null)]);
        Broken(new Evidence([source], [reverted], [])).ShouldBe(["retryWorks"]);
    }

    private static IEnumerable<string> Broken(Evidence evidence) =>
        ProtocolRules.Check(evidence).Where(r => !r.Held).Select(r => r.Name);

    private static MigrationEnded Ended(MigrationOutcome outcome, Keeper keeper) =>
        new(outcome, null, keeper, null, null, At(0));

    private static MigrationRecord Record(params (double At, MigrationEvent Event)[] lines) =>
        new([.. lines.Select(l => new JournalLine(l.Event, At(l.At)))]);
}
