using Fabric.Host.Faults.Guest;
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
    public void A_copy_that_took_the_place_of_another_is_held_to_the_same_attempt()
    {
        var dead = Target with { IsAlive = false, Runs = [] };
        var other = Copy("host-b/e1-t4-a1-r1", isAlive: true, [Run(150, null)]);
        Broken(new Evidence([Source, dead, other], [Completed], [])).ShouldBeEmpty();
        Broken(new Evidence([Source, dead, other with { Runs = [Run(139, null)] }], [Completed], []))
            .ShouldBe(["noRunWithoutGrant"]);
    }

    [Fact]
    public void Source_that_may_write_its_disk_while_the_target_may_breaks_one_writer()
    {
        Evidence With(double sourceUntil, double targetFrom) => new(
            [
                Source with { DiskLooks = 9, Writings = [Writing("1:1", 0, sourceUntil)] },
                // Before it runs, it is the copy's writer.
                Target with { DiskLooks = 9, Writings = [Writing("1:2", 30, targetFrom), Writing("1:2", targetFrom, 300)] },
            ],
            [Completed], []);
        Broken(With(105, 150)).ShouldBeEmpty();
        Broken(With(155, 150)).ShouldBe(["oneWriter"]);
    }

    [Fact]
    public void Two_processes_that_may_write_one_image_break_one_writer_though_neither_runs_its_guest()
    {
        var other = Copy("host-b/e1-t4-a2", isAlive: false, []) with { Writings = [Writing("1:2", 50, 60)] };
        var target = Target with { DiskLooks = 9, Writings = [Writing("1:2", 30, 51)] };
        Broken(new Evidence([Source, target, other], [Completed], [])).ShouldBe(["oneWriter"]);
        Broken(new Evidence([Source, target, other with { Writings = [Writing("1:2", 52, 60)] }], [Completed], []))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData(20, 20, 0, 0, 0, 20, true)]
    [InlineData(20, 20, 1, 0, 0, 20, false)]
    [InlineData(20, 19, 0, 0, 0, 20, false)]
    [InlineData(20, 20, 0, 1, 0, 20, false)]
    [InlineData(20, 20, 0, 0, 1, 20, false)]
    [InlineData(20, 20, 0, 0, 0, 21, false)]
    public void Write_that_the_guest_was_told_of_and_is_not_there_is_lost(
        long acknowledged, long newest, long lost, long bad, long errors, long knownBefore, bool holds)
    {
        var disk = new DiskEvidence(
            new DiskAcknowledgement(acknowledged, bad, errors), knownBefore, new WrittenBlocks(64, acknowledged, newest, lost));
        Broken(new Evidence([Source, Target], [Completed], []) { Disk = disk }).ShouldBe(holds ? [] : ["noWriteLost"]);
    }

    [Fact]
    public void Disk_that_could_not_be_looked_at_is_not_taken_for_whole() =>
        Broken(new Evidence([Source, Target], [Completed], []) { Disk = new DiskEvidence(null, 0, null, "it hangs") })
            .ShouldBe(["noWriteLost"]);

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

    [Fact]
    public void Death_that_was_only_silence_is_seen()
    {
        var lost = Record(
            (10, new MigrationRequested(Plan, At(10))),
            (60, Ended(MigrationOutcome.Lost, Keeper.Nobody)));
        var dead = Source with { Runs = [Run(0, 50)], GoneAt = At(50) };
        DeathIsSeen(dead).ShouldBeTrue();
        DeathIsSeen(dead with { GoneAt = At(2_000) }).ShouldBeFalse();
        DeathIsSeen(dead with { GoneAt = null, IsAlive = true }).ShouldBeFalse();

        bool DeathIsSeen(CopyRecord source) =>
            !Broken(new Evidence([source], [lost], [])).Contains("deathIsSeen", StringComparer.Ordinal);
    }

    [Fact]
    public void Commit_to_a_dead_source_that_lived_is_seen()
    {
        var committed = Record(
            (10, new MigrationRequested(Plan, At(10))),
            (20, new AttemptStarted(1, At(20))),
            (120, new SourceHandedOff(true, null, At(120))),
            (140, new Committed(Plan.Target, 2, At(140))),
            (160, Ended(MigrationOutcome.Completed, Keeper.Target)));
        Broken(new Evidence([Source with { GoneAt = At(5_000) }, Target], [committed], [])).ShouldBe(["deathIsSeen"]);
        Broken(new Evidence([Source with { GoneAt = At(119) }, Target], [committed], [])).ShouldBeEmpty();
    }

    [Fact]
    public void Broken_assertion_breaks_its_rule()
    {
        var held = Completed with
        {
            Lines = [.. Completed.Lines, new JournalLine(
                new HeldForOperator(FailureReason.AssertionBroken, "no cell", At(200)), At(200))],
        };
        Broken(new Evidence([Source, Target], [held], []))
            .Contains("noAssertionBroken", StringComparer.Ordinal).ShouldBeTrue();
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(0, false)]
    public void Epoch_that_does_not_rise_is_seen(long next, bool held)
    {
        var evidence = new Evidence([Source, Target], [Completed], [])
        {
            VmHistory = [new VmStartOrdered(1, At(0)), new OwnershipMoved(Plan.Id, Plan.Target, next, At(140))],
        };
        Broken(evidence).ShouldBe(held ? [] : ["epochsRise"]);
    }

    [Fact]
    public void Journal_that_is_not_one_history_and_a_plain_connection_are_seen()
    {
        var good = new Evidence([Source, Target], [Completed], []) { Connections = 3 };
        Broken(good with { JournalFaults = ["vm/demo has version 4 where 3 belongs"] }).ShouldBe(["oneHistory"]);
        Broken(good with { PlainConnections = 1 }).ShouldBe(["alwaysTls"]);
        ProtocolRules.Check(good with { Connections = null }).ShouldNotContain(r => r.Name == "alwaysTls");
    }

    [Fact]
    public void Source_that_ends_before_the_target_ran_is_seen_unless_the_suite_killed_it()
    {
        var handedOff = Completed with
        {
            Lines = [.. Completed.Lines.Take(2), new JournalLine(new SourceHandedOff(false, null, At(130)), At(130)),
                .. Completed.Lines.Skip(2)],
        };
        var early = Source with { GoneAt = At(145) };
        Broken(new Evidence([early, Target], [handedOff], [])).ShouldBe(["sourceKeptUntilTargetRuns"]);
        Broken(new Evidence([early with { KilledOnPurpose = true }, Target], [handedOff], [])).ShouldBeEmpty();
        Broken(new Evidence([Source with { GoneAt = At(170) }, Target], [handedOff], [])).ShouldBeEmpty();
    }

    [Fact]
    public void Source_that_has_the_guest_back_may_end_later_in_the_next_migration()
    {
        var reverted = Record(
            (10, new MigrationRequested(Plan, At(10))),
            (20, new AttemptStarted(1, At(20))),
            (130, new SourceHandedOff(false, null, At(130))),
            (140, new Committed(Plan.Target, 2, At(140))),
            (200, new CommitReverted(Plan.Source, 3, FailureReason.TargetLostBeforeRun, null, At(200))),
            (220, Ended(MigrationOutcome.RolledBack, Keeper.Source)));
        var source = Copy("host-a/e1", isAlive: false, [Run(0, 100), Run(210, 300)]);
        Rule11(source with { GoneAt = At(400) }).ShouldBeTrue();
        Rule11(source with { GoneAt = At(199) }).ShouldBeFalse();

        bool Rule11(CopyRecord copy) => !Broken(new Evidence([copy], [reverted], []))
            .Contains("sourceKeptUntilTargetRuns", StringComparer.Ordinal);
    }

    [Fact]
    public void Answers_come_from_where_the_guest_runs_and_one_for_each_question()
    {
        Evidence With(params AddressAnswer[] answers) => new([Source, Target], [Completed], [])
        {
            Address = new AddressEvidence(100, answers.Length, [], answers, []),
        };
        AddressAnswer Answer(string host, long number, double at) => new(host, number, At(at));

        Broken(With(Answer("host-a", 1, 50), Answer("host-b", 9, 200))).ShouldBeEmpty();
        // The source, after the target has run for a while.
        Broken(With(Answer("host-a", 30, 300))).ShouldBe(["oneAddress"]);
        // A host that has no part in it.
        Broken(With(Answer("host-c", 9, 200))).ShouldBe(["oneAddress"]);
        // Both within the slack of the other's runs.
        Broken(With(Answer("host-a", 9, 151), Answer("host-b", 9, 152))).ShouldBe(["oneAddress"]);
        Broken(With(Answer("host-b", 9, 200), Answer("host-b", 9, 201))).ShouldBe(["oneAddress"]);
        // The clocks of runs and of packets are two.
        Broken(With(Answer("host-a", 9, 199), Answer("host-b", 10, 51))).ShouldBeEmpty();
    }

    [Fact]
    public void Questions_that_come_back_twice_and_an_address_that_is_lost_break_one_address()
    {
        var good = new Evidence([Source, Target], [Completed], []) { Address = new AddressEvidence(9, 5, [], [], []) };
        Broken(good).ShouldBeEmpty();
        Broken(good with { Address = good.Address with { Twice = [7] } }).ShouldBe(["oneAddress"]);
        Broken(good with { Address = good.Address with { AtRest = ["no answer"] } }).ShouldBe(["oneAddress"]);
        ProtocolRules.Check(good with { Address = null }).ShouldNotContain(r => r.Name == "oneAddress");
    }

    [Fact]
    public void A_host_that_was_not_listened_to_until_the_end_breaks_one_address_and_says_so()
    {
        const string why = "what left host-a was not heard to the end: it is gone";
        var deaf = new Evidence([Source, Target], [Completed], [])
        {
            Address = new AddressEvidence(9, 5, [], [], []) { Deaf = [why] },
        };
        var broken = ProtocolRules.Check(deaf).Single(r => !r.Held);
        broken.Name.ShouldBe("oneAddress");
        broken.Violations.ShouldBe([why]);
    }

    [Fact]
    public void Many_answers_from_the_wrong_place_are_counted_and_some_are_shown()
    {
        var answers = Enumerable.Range(0, 500).Select(i => new AddressAnswer("host-a", i, At(1000 + i))).ToList();
        var faults = new AddressEvidence(500, 500, [], answers, []).Faults([Source, Target]).ToList();
        faults.Count.ShouldBe(4);
        faults[^1].ShouldBe("500 answers came from where the guest did not run");
    }

    private static IEnumerable<string> Broken(Evidence evidence) =>
        ProtocolRules.Check(evidence).Where(r => !r.Held).Select(r => r.Name);

    private static MigrationEnded Ended(MigrationOutcome outcome, Keeper keeper) =>
        new(outcome, null, keeper, null, null, At(0));

    private static MigrationRecord Record(params (double At, MigrationEvent Event)[] lines) =>
        new([.. lines.Select(l => new JournalLine(l.Event, At(l.At)))]);
}
