using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.Runs;

namespace Fabric.Simulation.Tests;

/// <summary>A cut data link costs time and no attempt, wherever it is cut.</summary>
public sealed class LinkCutTests
{
    [Fact]
    public void The_data_link_can_be_cut_in_every_frame_and_no_attempt_is_lost()
    {
        // A happy path has some twenty frames on its link, and the retry as many on another.
        for (var frame = 1; frame <= 60; frame++)
        {
            var run = RunResult.Of(Enumeration.Base with { LinkCutAtFrame = frame }, trace: true);
            run.Broken.ShouldBeNull($"cut in frame {frame}");
            run.Trace.ShouldContain(l => l.Contains("AttemptStarted #1", StringComparison.Ordinal));
            run.Trace.ShouldNotContain(l => l.Contains("AttemptStarted #2", StringComparison.Ordinal), $"frame {frame}");
        }
    }

    [Theory]
    [InlineData("link-resends-wrong", "rule L1")]
    [InlineData("link-acks-early", "rule L1")]
    [InlineData("link-takes-duplicates", "rule L1")]
    [InlineData("link-takes-used-proofs", "rule L3")]
    [InlineData("link-credit-endless", "rule L1")]
    [InlineData("link-silence-ignored", "rule L2")]
    [InlineData("link-forgets-lost", "rule L2")]
    public void A_planted_bug_of_the_link_is_found_by_the_rule_that_it_breaks(string name, string rule)
    {
        var batch = new Batch(1, Plant.Named(name)) { StopsAtFirst = true };
        batch.Run(200, n => PlanDrawer.Draw(1 + n));
        RunResult.KindOf(batch.Broken.Values.First().Broken.ShouldNotBeNull()).ShouldBe(rule);
    }
}
