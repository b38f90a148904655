using Fabric.Testing.Scenarios;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>The walks of the bare machines through the real actors, where the seed also orders what happens at once.</summary>
public sealed class ActorWalkTests
{
    private const int Seeds = 30;
    private const int Steps = 100;

    public static TheoryData<int> All() => [.. Enumerable.Range(1, Seeds)];

    [Theory]
    [MemberData(nameof(All))]
    public void Whatever_fails_in_whatever_order_the_rules_hold_of_the_actors(int seed) =>
        new ScenarioWalk(seed, ActorWorld.Create(seed)).Run(Steps);

    [Fact]
    public void A_walk_through_the_actors_is_repeated_exactly_by_its_seed()
    {
        var (once, again) = (new ScenarioWalk(7, ActorWorld.Create(7)), new ScenarioWalk(7, ActorWorld.Create(7)));
        once.Run(Steps);
        again.Run(Steps);
        again.Trace.ShouldBe(once.Trace);
    }

    /// <summary>With lanes in order, a walk sees and does the same through either world.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void A_walk_reads_the_same_through_the_bare_machines_and_through_the_actors(int seed)
    {
        {
            var (bare, actors) = (new ScenarioWalk(seed), new ScenarioWalk(seed, ActorWorld.Create()));
            bare.Run(Steps);
            actors.Run(Steps);
            var (expected, played) = (string.Join('\n', bare.Trace), string.Join('\n', actors.Trace));
            if (!string.Equals(played, expected, StringComparison.Ordinal))
                Assert.Fail($"seed {seed}: {Transcript.Difference(expected, played)}");
        }
    }
}
