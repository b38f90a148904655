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

    /// <summary>A walk that never came to the hard places would prove nothing.</summary>
    [Theory]
    [InlineData("Committed owner=")]
    [InlineData("CommitReverted ")]
    [InlineData("MigrationEnded Completed")]
    [InlineData("MigrationEnded RolledBack")]
    [InlineData("MigrationEnded Refused")]
    [InlineData("MigrationEnded Lost")]
    [InlineData("HeldForOperator (TargetLostAfterGrant")]
    [InlineData("HeldForOperator (SourceLostInDoubt")]
    [InlineData("AttemptStarted #3")]
    [InlineData("SourceHandedOff dead")]
    [InlineData("Refused StaleEpoch")]
    [InlineData("Refused StaleAttempt")]
    public void The_walks_come_to_where_it_is_hard(string what) =>
        Seen.Value.ShouldContain(l => l.Contains(what, StringComparison.Ordinal));

    private static readonly Lazy<IReadOnlyList<string>> Seen = new(() =>
        [.. Enumerable.Range(1, Seeds).AsParallel().SelectMany(Lines)]);

    private static IReadOnlyList<string> Lines(int seed)
    {
        var walk = new ScenarioWalk(seed);
        walk.Run(Steps);
        return walk.Trace;
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
