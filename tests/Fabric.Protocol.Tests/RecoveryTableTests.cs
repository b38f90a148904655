using Fabric.Protocol;

namespace Fabric.Protocol.Tests;

public sealed class RecoveryTableTests
{
    public static TheoryData<StageKind> Stages() => [.. RecoveryTable.Stages];

    [Theory]
    [MemberData(nameof(Stages))]
    public void Every_cell_of_every_stage_is_written(StageKind stage)
    {
        foreach (var source in Enum.GetValues<SourceView>())
        {
            foreach (var target in Enum.GetValues<TargetView>())
                Enum.IsDefined(RecoveryTable.Lookup(stage, source, target)).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_commit_needs_a_loaded_target_and_a_source_that_cannot_run_by_itself()
    {
        var commits = Cells().Where(c => c.Action == RecoveryAction.Commit).ToList();
        commits.Count.ShouldBe(3);
        commits.ShouldAllBe(c => c.Target == TargetView.Loaded);
        commits.ShouldAllBe(c => c.Source == SourceView.Dead
            || (c.Source == SourceView.HandedOff && c.Stage == StageKind.StopAndCopy));
    }

    [Fact]
    public void The_target_is_granted_only_after_the_commit_and_with_no_source_that_may_run() =>
        Cells().Where(c => c.Action == RecoveryAction.GrantTarget)
            .Where(c => c.Stage != StageKind.Commitment || c.Target != TargetView.Loaded
                || c.Source is SourceView.Ready or SourceView.Sending or SourceView.Paused or SourceView.Failed)
            .ShouldBeEmpty();

    [Fact]
    public void After_the_commit_the_source_is_never_rolled_back() =>
        Cells().Where(c => c.Action is RecoveryAction.RollBackSource or RecoveryAction.FenceThenRollBack)
            .ShouldAllBe(c => c.Stage == StageKind.RollingBack);

    [Fact]
    public void A_target_that_runs_before_the_commit_is_a_broken_rule() =>
        Cells().Where(c => c.Target == TargetView.Running)
            .Where(c => c.Stage is StageKind.Reservation or StageKind.StorageSync or StageKind.PreCopy
                or StageKind.StopAndCopy or StageKind.RollingBack)
            .ShouldAllBe(c => c.Action == RecoveryAction.Broken);

    [Fact]
    public void A_side_that_is_not_seen_is_never_read_as_failed() =>
        Cells().Where(c => c is { Source: SourceView.Unknown, Target: TargetView.Unknown })
            .ShouldAllBe(c => c.Action == RecoveryAction.Ask || c.Action == RecoveryAction.Precheck);

    [Fact]
    public void Every_action_is_used_somewhere() =>
        Enum.GetValues<RecoveryAction>().Except(Cells().Select(c => c.Action)).ShouldBeEmpty();

    private static IEnumerable<(StageKind Stage, SourceView Source, TargetView Target, RecoveryAction Action)>
        Cells() =>
        from stage in RecoveryTable.Stages
        from source in Enum.GetValues<SourceView>()
        from target in Enum.GetValues<TargetView>()
        select (stage, source, target, RecoveryTable.Lookup(stage, source, target));
}
