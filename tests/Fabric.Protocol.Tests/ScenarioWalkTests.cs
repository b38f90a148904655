using System.Globalization;
using Fabric.Testing.Scenarios;

namespace Fabric.Protocol.Tests;

public sealed class ScenarioWalkTests
{
    private const int Seeds = 300;
    private const int Steps = 200;

    /// <summary>More seeds than the test's own, for a longer look: FABRIC_WALK_SEEDS=from-to.</summary>
    [Fact]
    public void Whatever_fails_in_whatever_order_the_rules_hold_and_it_ends_well()
    {
        var range = Environment.GetEnvironmentVariable("FABRIC_WALK_SEEDS")?.Split('-')
            .Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray() ?? [1, Seeds];
        for (var seed = range[0]; seed <= range[1]; seed++)
            new ScenarioWalk(seed).Run(Steps);
    }

    [Fact]
    public void A_walk_is_repeated_exactly_by_its_seed()
    {
        var (once, again) = (new ScenarioWalk(7), new ScenarioWalk(7));
        Walk(once);
        Walk(again);
        again.Trace.ShouldBe(once.Trace);

        static void Walk(ScenarioWalk walk) => walk.Run(Steps);
    }
}
