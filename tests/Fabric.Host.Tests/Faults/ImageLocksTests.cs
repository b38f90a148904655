using Fabric.Host.Faults.Truth;
using static Fabric.Host.Tests.Faults.Clock;

namespace Fabric.Host.Tests.Faults;

public sealed class ImageLocksTests
{
    [Theory]
    [InlineData("lock:\t1: OFDLCK ADVISORY  READ -1 fe:00:11846031 100 101", "fe:00:11846031")]
    [InlineData("lock:\t1: OFDLCK ADVISORY  READ -1 fe:00:11846031 101 101", "fe:00:11846031")]
    [InlineData("lock:\t1: OFDLCK ADVISORY  READ -1 fe:00:11846031 100 100", null)]
    [InlineData("lock:\t3: OFDLCK ADVISORY  READ -1 fe:00:11846031 201 201", null)]
    [InlineData("lock:\t1: POSIX  ADVISORY  WRITE 77 fe:00:11846031 0 EOF", null)]
    [InlineData("ino:\t11846031", null)]
    public void The_lock_of_a_writer_is_told_from_others(string line, string? image) =>
        ImageLocks.ImageOf(line).ShouldBe(image);

    [Fact]
    public void Process_that_is_gone_holds_nothing() => ImageLocks.HeldBy(int.MaxValue, ["/"]).ShouldBeEmpty();

    [Fact]
    public void A_stretch_goes_from_the_end_of_the_first_look_to_the_beginning_of_the_last()
    {
        var log = new DiskWriteLog();
        HeldImage[] held = [new("1:1", "/d/a")];
        log.Saw(held, At(0), At(5));
        log.Writings.ShouldBeEmpty(); // once is no stretch
        log.Saw(held, At(20), At(25));
        log.Saw(held, At(40), At(45));
        log.Saw([], At(60), At(65));
        log.Saw(held, At(80), At(85));
        log.Saw(held, At(100), At(105));
        log.Writings.ShouldBe([new("1:1", "/d/a", At(5), At(40)), new("1:1", "/d/a", At(85), At(100))]);
        log.Looks.ShouldBe(6);
    }
}
