using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Protocol.Tests.Rate;

public sealed class TokenBucketTests
{
    private const long Rate = 1_000_000;

    [Fact]
    public void Full_bucket_passes_a_burst_at_once_and_what_follows_waits()
    {
        var full = TokenBucket.Full(Rate, default);
        var (next, wait) = full.Take(Limits.Rate.BurstBytesMin, default);
        wait.ShouldBe(TimeSpan.Zero);
        (next, wait) = next.Take(1_000, default);
        wait.ShouldBe(TimeSpan.FromMilliseconds(1));
        (_, wait) = next.Take(0, TimeSpan.FromMilliseconds(1));
        wait.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Frame_larger_than_the_bucket_passes_after_its_own_time()
    {
        var (_, wait) = TokenBucket.Full(Rate, default).Take(Limits.Rate.BurstBytesMin + Rate, default);
        wait.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Burst_grows_with_the_rate_so_that_a_millisecond_timer_fills_a_fast_line()
    {
        TokenBucket.Full(125_000_000, default).Burst.ShouldBe(1_250_000);
        TokenBucket.Full(1_000, default).Burst.ShouldBe(Limits.Rate.BurstBytesMin);
    }

    [Fact]
    public void Without_a_limit_nothing_waits()
    {
        var (next, wait) = TokenBucket.Full(0, default).Take(long.MaxValue, default);
        wait.ShouldBe(TimeSpan.Zero);
        next.Take(long.MaxValue, default).Wait.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Debt_is_paid_at_the_new_rate()
    {
        var (owing, wait) = TokenBucket.Full(Rate, default).Take(Limits.Rate.BurstBytesMin + Rate, default);
        wait.ShouldBe(TimeSpan.FromSeconds(1));
        owing.Retuned(10 * Rate, default).Take(0, default).Wait.ShouldBe(TimeSpan.FromSeconds(0.1));
    }

    [Fact]
    public void Clock_that_goes_back_gives_nothing_twice()
    {
        var (empty, _) = TokenBucket.Full(Rate, TimeSpan.FromSeconds(5)).Take(Limits.Rate.BurstBytesMin, TimeSpan.FromSeconds(5));
        var (back, _) = empty.Take(0, TimeSpan.FromSeconds(1));
        back.Take(1_000, TimeSpan.FromSeconds(5)).Wait.ShouldBe(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Never_more_is_sent_than_rate_times_time_and_a_burst()
    {
        var frames = Gen.Choose(0, 300_000).Zip(Gen.Choose(0, 50)).NonEmptyListOf().ToArbitrary();
        var rates = Gen.Choose(1_000, 200_000_000).ToArbitrary();
        Prop.ForAll(frames, rates, (list, rate) =>
        {
            var bucket = TokenBucket.Full(rate, default);
            var (now, sent) = (TimeSpan.Zero, 0L);
            foreach (var (bytes, rest) in list)
            {
                now += TimeSpan.FromMilliseconds(rest);
                (bucket, var wait) = bucket.Take(bytes, now);
                now += wait;
                sent += bytes;
                if (sent > bucket.Burst + (rate * now.TotalSeconds) + 1)
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Who_always_has_something_to_send_gets_the_whole_rate()
    {
        var frames = Gen.Choose(1, 100_000).NonEmptyListOf().ToArbitrary();
        Prop.ForAll(frames, list =>
        {
            var bucket = TokenBucket.Full(Rate, default);
            var (now, sent) = (TimeSpan.Zero, 0L);
            foreach (var bytes in list)
            {
                (bucket, var wait) = bucket.Take(bytes, now);
                now += wait;
                sent += bytes;
            }

            return now == TimeSpan.Zero || sent >= (Rate * now.TotalSeconds) - 1;
        }).QuickCheckThrowOnFailure();
    }
}
