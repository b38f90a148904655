using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.Runs;

namespace Fabric.Simulation.Tests;

public sealed class RepeatTests
{
    public static TheoryData<long> Seeds() => [.. Enumerable.Range(1, 40).Select(n => (long)n * 17)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_seed_repeats_its_run_to_the_byte(long seed)
    {
        var (once, again) = (Play(seed), Play(seed));
        again.Trace.ShouldBe(once.Trace);
        again.Plan.Describe().ShouldBe(once.Plan.Describe());
        once.Broken.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_trace_changes_nothing(long seed)
    {
        var quiet = RunResult.Of(PlanDrawer.Draw(seed));
        var traced = Play(seed);
        (quiet.Steps, quiet.Migrations, quiet.Injected.Count).ShouldBe((traced.Steps, traced.Migrations, traced.Injected.Count));
    }

    [Fact]
    public void What_is_found_does_not_depend_on_the_threads()
    {
        var plant = Plant.Named("lost-reply-is-failure");
        var (one, four) = (Find(1, plant), Find(4, plant));
        four.Keys.First().ShouldBe(one.Keys.First());
        four.Values.First().Broken.ShouldBe(one.Values.First().Broken);
    }

    private static IReadOnlyDictionary<long, RunResult> Find(int threads, Plant plant)
    {
        var batch = new Batch(threads, plant) { StopsAtFirst = true };
        batch.Run(200, n => PlanDrawer.Draw(1 + n));
        return batch.Broken;
    }

    private static RunResult Play(long seed) => RunResult.Of(PlanDrawer.Draw(seed), trace: true);
}
