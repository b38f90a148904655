namespace Fabric.Protocol.Tests.Rate;

public sealed class AdaptiveRateTests
{
    private const long M = 1_000_000 / 8;
    private const long Min = 100 * M;
    private const long Max = 500 * M;

    [Fact]
    public void It_begins_at_the_minimum_and_follows_the_dirtying_rate_with_50_Mbit_above()
    {
        var rate = AdaptiveRate.First(Min, Max);
        rate.ShouldBe(100 * M);
        rate = AdaptiveRate.Next(rate, Min, Max, 120 * M);
        rate.ShouldBe(170 * M);
        AdaptiveRate.Next(rate, Min, Max, 480 * M).ShouldBe(Max);
    }

    [Fact]
    public void It_never_falls() => AdaptiveRate.Next(300 * M, Min, Max, 0).ShouldBe(300 * M);

    [Fact]
    public void Lower_maximum_holds_at_the_next_round() => AdaptiveRate.Next(300 * M, Min, 200 * M, 0).ShouldBe(200 * M);

    [Fact]
    public void Without_a_minimum_there_is_no_rule()
    {
        AdaptiveRate.First(0, Max).ShouldBe(Max);
        AdaptiveRate.Next(Max, 0, 0, 5).ShouldBe(0);
        AdaptiveRate.IsAtMost(Max, 0, Max).ShouldBeTrue();
    }

    [Fact]
    public void Without_a_maximum_it_rises_for_ever()
    {
        AdaptiveRate.Next(Min, Min, 0, 10_000 * M).ShouldBe(10_050 * M);
        AdaptiveRate.IsAtMost(10_000 * M, Min, 0).ShouldBeFalse();
        AdaptiveRate.Next(Min, Min, 0, long.MaxValue).ShouldBe(Limits.Rate.BytesPerSecondMax);
    }

    [Fact]
    public void It_is_at_most_when_the_maximum_is_reached()
    {
        AdaptiveRate.IsAtMost(Max - 1, Min, Max).ShouldBeFalse();
        AdaptiveRate.IsAtMost(Max, Min, Max).ShouldBeTrue();
    }
}
