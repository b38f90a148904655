using System.Globalization;
using Fabric.Testing.Scenarios;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>
/// The walks of the bare machines through the real actors; the seed also orders what happens at once.
/// </summary>
public sealed class ActorWalkTests
{
    private const int Seeds = 30;
    private const int Steps = 100;

    /// <summary>More seeds than the test's own, for a longer look: FABRIC_WALK_SEEDS=from-to.</summary>
    public static TheoryData<int> All()
    {
        var range = Environment.GetEnvironmentVariable("FABRIC_WALK_SEEDS")?.Split('-')
            .Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray() ?? [1, Seeds];
        return [.. Enumerable.Range(range[0], range[1] - range[0] + 1)];
    }

    public static TheoryData<int> Few() => [.. Enumerable.Range(1, Seeds)];

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

    /// <summary>
    /// Until a journal fails: what waited for it then goes on at once, in an order that each world is free to choose.
    /// So may two migrations that wake in one instant, about once in 300 walks; these 30 have none.
    /// </summary>
    [Theory]
    [MemberData(nameof(Few))]
    public void A_walk_reads_the_same_through_the_bare_machines_and_through_the_actors(int seed)
    {
        var (bare, actors) = (new ScenarioWalk(seed), new ScenarioWalk(seed, ActorWorld.Create()));
        bare.Run(Steps);
        actors.Run(Steps);
        var (expected, played) = (UntilAJournalFails(bare), UntilAJournalFails(actors));
        if (!string.Equals(played, expected, StringComparison.Ordinal))
            Assert.Fail($"seed {seed}: {Transcript.Difference(expected, played)}");
    }

    private static string UntilAJournalFails(ScenarioWalk walk)
    {
        var lines = walk.Trace.TakeWhile(l => !l.Contains("not acknowledged", StringComparison.Ordinal)).ToList();
        var end = lines.Count < walk.Trace.Count ? lines.FindLastIndex(l => l[0] != ' ') : lines.Count;
        return string.Join('\n', lines.Take(end));
    }
}
