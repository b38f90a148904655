using Fabric.Embedded.Guest;
using Fabric.Testing;

namespace Fabric.Embedded.Tests.Guest;

public sealed class OperationLogTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Operations_are_counted_in_slots_and_a_pause_is_a_gap_of_zeros()
    {
        var log = new OperationLog(_time);
        log.Read().Counts.ShouldBeEmpty();
        log.Add(3);
        log.Add(2);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        log.Add(7);
        _time.Advance(TimeSpan.FromMilliseconds(30));
        log.Add(1);
        log.Read().Counts.ShouldBe([5, 7, 0, 0, 1]);
    }

    [Fact]
    public void Only_the_last_minute_is_kept()
    {
        var log = new OperationLog(_time);
        for (var i = 1; i <= 6_010; i++)
        {
            log.Add(i);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        var (first, counts) = log.Read();
        counts.Count.ShouldBe(6_000);
        counts[0].ShouldBe(11);
        counts[^1].ShouldBe(6_010);
        first.ShouldBe(_time.GetUtcNow() - TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromHours(1));
        log.Add(5);
        log.Read().Counts.ShouldBe([5]);
    }
}
