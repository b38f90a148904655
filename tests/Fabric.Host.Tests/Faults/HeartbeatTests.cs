using Fabric.Host.Faults.Guest;
using static Fabric.Host.Tests.Faults.Clock;

namespace Fabric.Host.Tests.Faults;

public sealed class HeartbeatTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Heartbeat_is_read_whole() => Heartbeat
        .TryRead("HB 12 up=3.250 dirt=480 bad=1 scans=2 dseq=0 derr=0\r", At(7))
        .ShouldBe(new Heartbeat(12, 3.25, 480, 1, At(7)));

    [Theory]
    [InlineData("")]
    [InlineData("DIRTIER ready ws=16")]
    [InlineData("HB 12 up=3.250 dirt=480")]
    [InlineData("12 up=3.250 dirt=480 bad=0 scans=2 dseq=0 derr=0")]
    [InlineData("HB 12 up=3.250 dirt=480 bad=0 scans=2 dseq=0 derr=0 HB 13")]
    [InlineData("HB 99999999999999999999 up=3.250 dirt=480 bad=0 scans=2 dseq=0 derr=0")]
    public void Other_lines_and_torn_ones_are_none(string line) => Heartbeat.TryRead(line, At(0)).ShouldBeNull();

    [Fact]
    public void Console_is_followed_as_it_grows_and_half_a_line_waits_for_its_rest()
    {
        const string begin = "Linux version 6\nHB 1 up=0.100 dirt=1 bad=0 scans=0 dseq=0 derr=0\nHB 2 up=0.2";
        var path = _directory.Write("console.log", begin);
        var tail = new ConsoleTail(path);
        tail.Read(At(1));
        tail.Heartbeats.Select(h => h.Seq).ShouldBe([1L]);
        File.AppendAllText(path, "00 dirt=2 bad=0 scans=0 dseq=0 derr=0\n");
        tail.Read(At(2));
        tail.Heartbeats.ShouldBe([new(1, 0.1, 1, 0, At(1)), new(2, 0.2, 2, 0, At(2))]);
        tail.Last!.Seq.ShouldBe(2);
    }

    [Fact]
    public void Console_that_is_not_there_yet_has_nothing()
    {
        var tail = new ConsoleTail(Path.Combine(_directory.Path, "none"));
        tail.Read(At(0));
        tail.Heartbeats.ShouldBeEmpty();
        tail.Last.ShouldBeNull();
    }

    [Fact]
    public void Answer_to_verify_is_read()
    {
        GuestSerial.TryRead("VERIFY pages=6144 bad=2 blocks=0 dbad=0").ShouldBe(new Verification(6144, 2));
        GuestSerial.TryRead("HB 1 up=0.1").ShouldBeNull();
    }
}
