namespace Fabric.Protocol.Tests.Link;

public sealed class GoodputTests
{
    [Fact]
    public void Bytes_a_second_are_those_of_the_last_looks_only()
    {
        var goodput = new Goodput();
        goodput.BytesPerSecond.ShouldBe(0);
        var (now, bytes) = (1L, 0L);
        for (var i = 0; i < 10 * Limits.Link.GoodputLooks; i++)
        {
            goodput.Look(now, bytes);
            (now, bytes) = (now + 100, bytes + (i < 5 * Limits.Link.GoodputLooks ? 1_000_000 : 500));
        }

        goodput.BytesPerSecond.ShouldBe(5_000);
    }

    [Fact]
    public void Two_looks_at_one_time_say_nothing()
    {
        var goodput = new Goodput();
        goodput.Look(5, 0);
        goodput.Look(5, 1_000);
        goodput.BytesPerSecond.ShouldBe(0);
    }
}
