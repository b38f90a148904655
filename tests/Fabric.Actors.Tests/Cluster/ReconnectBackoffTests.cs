using Fabric.Actors.Cluster;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Actors.Tests.Cluster;

public sealed class ReconnectBackoffTests
{
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(30);

    [Fact]
    public void Every_wait_is_at_least_half_the_shortest_and_at_most_the_longest() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
        {
            var random = new Random(seed);
            var backoff = new ReconnectBackoff(Min, Max, random.NextDouble);
            return Enumerable.Range(0, 100).All(_ => backoff.Next() is var wait && wait >= Min / 2 && wait <= Max);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Jitter_takes_away_up_to_half()
    {
        new ReconnectBackoff(Min, Max, static () => 0.0).Next().ShouldBe(Min / 2);
        new ReconnectBackoff(Min, Max, static () => 0.5).Next().ShouldBe(Min * 0.75);
    }

    [Fact]
    public void Reset_begins_with_the_shortest_wait()
    {
        var backoff = new ReconnectBackoff(Min, Max, static () => 1.0);
        backoff.Next();
        backoff.Next().ShouldBe(Min * 2);
        backoff.Tries.ShouldBe(2);
        backoff.Reset();
        backoff.Tries.ShouldBe(0);
        backoff.Next().ShouldBe(Min);
    }
}
