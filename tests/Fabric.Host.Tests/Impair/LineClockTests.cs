using Fabric.Host.Impair;
using Fabric.Testing;

namespace Fabric.Host.Tests.Impair;

public sealed class LineClockTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Time_on_the_line_stands_still_while_it_is_cut()
    {
        var clock = new LineClock(_time);
        Pass(10);
        clock.Cut(Seconds(30));
        Pass(20);
        clock.IsCut.ShouldBeTrue();
        clock.Now.ShouldBe(Seconds(10));
        clock.Until(Seconds(12)).ShouldBe(Seconds(10 + 2));
        Pass(10);
        clock.IsCut.ShouldBeFalse();
        Pass(1);
        clock.Now.ShouldBe(Seconds(11));
        clock.Until(Seconds(12)).ShouldBe(Seconds(1));
        clock.Until(Seconds(9)).ShouldBe(Seconds(-2));
    }

    [Fact]
    public void Cut_within_a_cut_makes_it_longer_and_never_shorter()
    {
        var clock = new LineClock(_time);
        clock.Cut(Seconds(10));
        Pass(5);
        clock.Cut(Seconds(2));
        clock.Until(Seconds(0)).ShouldBe(Seconds(5));
        clock.Cut(Seconds(20));
        clock.Until(Seconds(0)).ShouldBe(Seconds(20));
        Pass(21);
        clock.Now.ShouldBe(Seconds(1));
    }

    [Fact]
    public async Task Cut_that_begins_while_one_waits_makes_the_wait_longer()
    {
        var guard = TimeSpan.FromSeconds(30);
        var clock = new LineClock(_time);
        var waiting = clock.WaitUntilAsync(Seconds(4), CancellationToken.None).AsTask();
        Pass(3);
        clock.Cut(Seconds(10));
        Pass(1);
        await _time.ArmedAsync(Seconds(10)).WaitAsync(guard);
        waiting.IsCompleted.ShouldBeFalse();
        Pass(10);
        (await waiting.WaitAsync(guard)).ShouldBeTrue();
        clock.Now.ShouldBe(Seconds(4));
    }

    private void Pass(double seconds) => _time.Advance(Seconds(seconds));

    private static TimeSpan Seconds(double s) => TimeSpan.FromSeconds(s);
}
