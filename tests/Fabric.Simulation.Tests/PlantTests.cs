using System.Runtime.CompilerServices;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.Runs;

namespace Fabric.Simulation.Tests;

/// <summary>
/// The rules can fail. All planted bugs and the seeds that find them: <c>--all-plants</c>, run by <c>./test</c>; here are
/// those that are found at once.
/// </summary>
public sealed class PlantTests
{
    [Fact]
    public void There_are_at_least_25_planted_bugs_with_names_of_their_own()
    {
        Plant.All.Count.ShouldBeGreaterThanOrEqualTo(25);
        Plant.All.Select(p => p.Name).Distinct(StringComparer.Ordinal).Count().ShouldBe(Plant.All.Count);
    }

    [Fact]
    public void The_table_in_the_documents_has_every_planted_bug()
    {
        var table = File.ReadAllText(Path.Combine(SourceDirectory(), "../../docs/testing.md"));
        Plant.All.ShouldAllBe(p => table.Contains($"| `{p.Name}` | {p.What} |", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("grant-before-commit", "rule 3")]
    [InlineData("source-released-early", "rule 11")]
    [InlineData("outcome-published-early", "rule 10")]
    [InlineData("commit-without-hand-off", "rule 4")]
    [InlineData("ledger-not-fsynced", "rule 7")]
    [InlineData("source-not-released", "liveness")]
    [InlineData("epoch-not-raised", "rule 9")]
    public void A_planted_bug_is_found_by_the_rule_that_it_breaks(string name, string rule)
    {
        var result = RunResult.Of(PlanDrawer.Draw(1), Plant.Named(name));
        RunResult.KindOf(result.Broken.ShouldNotBeNull()).ShouldBe(rule);
    }

    [Fact]
    public void A_hold_that_an_old_coordinator_has_ended_is_missed_by_a_successor_that_does_not_read_on()
    {
        var batch = new Batch(1, Plant.Named("hold-never-read-on")) { StopsAtFirst = true };
        batch.Run(1_000, n => PlanDrawer.Draw(1 + n));
        var missed = batch.Broken.Values.First();

        RunResult.KindOf(missed.Broken.ShouldNotBeNull()).ShouldBe("liveness");
        missed.Plan.Faults.ShouldContain(f => f.Kind == FaultKind.CoordinatorReplaced);
        RunResult.Of(missed.Plan).Broken.ShouldBeNull();
    }

    [Fact]
    public void A_failing_runs_faults_are_cut_to_those_that_matter()
    {
        var plant = Plant.Named("source-resumes-after-commit");
        var batch = new Batch(1, plant) { StopsAtFirst = true };
        batch.Run(1_000, n => PlanDrawer.Draw(1 + n));
        var broken = batch.Broken.Values.First();

        var (faults, moves) = Shrinker.Shrink(broken.Plan, broken.Broken!, plant);

        faults.Count.ShouldBeLessThanOrEqualTo(2);
        RunResult.Of(Shrinker.Only(broken.Plan, faults, moves), plant).Broken.ShouldNotBeNull();
        RunResult.Of(Shrinker.Only(broken.Plan, faults, moves)).Broken.ShouldBeNull();
    }

    private static string SourceDirectory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
