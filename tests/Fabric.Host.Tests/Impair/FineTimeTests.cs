using System.Diagnostics;
using Fabric.Host.Impair;

namespace Fabric.Host.Tests.Impair;

public sealed class FineTimeTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Delays_end_in_the_order_of_their_times_and_never_early()
    {
        var ended = new List<int>();
        var began = Stopwatch.GetTimestamp();
        async Task WaitAsync(int ms)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(ms), FineTime.Shared);
            Stopwatch.GetElapsedTime(began).TotalMilliseconds.ShouldBeGreaterThanOrEqualTo(ms - 0.001);
            lock (ended)
                ended.Add(ms);
        }

        await Task.WhenAll(WaitAsync(900), WaitAsync(20), WaitAsync(450)).WaitAsync(HangGuard);
        ended.ShouldBe([20, 450, 900]);
    }

    [Fact]
    public async Task Delay_that_is_given_up_never_ends_and_the_next_does()
    {
        using var stop = new CancellationTokenSource();
        var given = Task.Delay(TimeSpan.FromMilliseconds(50), FineTime.Shared, stop.Token);
        await stop.CancelAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(100), FineTime.Shared).WaitAsync(HangGuard);
        given.IsCanceled.ShouldBeTrue();
    }

    [Fact]
    public async Task Timer_with_a_period_fires_until_it_is_disposed_of()
    {
        var fired = 0;
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (FineTime.Shared.CreateTimer(
            _ =>
            {
                if (Interlocked.Increment(ref fired) == 3)
                    third.TrySetResult();
            },
            null, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)))
            await third.Task.WaitAsync(HangGuard);
    }

    [Fact]
    public void Only_the_systems_time_is_replaced()
    {
        var other = new Fabric.Testing.ManualTime();
        FineTime.Of(other).ShouldBeSameAs(other);
        FineTime.Of(TimeProvider.System).ShouldBeSameAs(FineTime.Shared);
    }
}
