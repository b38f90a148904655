using Fabric.Drivers.Network;
using Fabric.Host.Impair;
using Fabric.Host.Impair.Wire;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Host.Tests.Impair.Wire;

public sealed class WireLineTests
{
    private const int Rate = 1_000_000;
    private static readonly FrameShape Frame = new(1_000, 1);

    private readonly ManualTime _time = new();
    private readonly WireLine _line;

    public WireLineTests() => _line = new WireLine(new LineClock(_time), new Random(1));

    [Fact]
    public void Frame_takes_its_time_on_the_line_and_then_the_delay()
    {
        _line.Settings = new ImpairSettings(Ms(25), default, Rate, Queue: Ms(100));
        _time.Advance(Ms(1_000));
        // What the thread may have been late by is given: the first two pass at once.
        _line.Admit(Frame).ShouldBe(Ms(1_025));
        _line.Admit(Frame).ShouldBe(Ms(1_025));
        _line.Admit(Frame).ShouldBe(Ms(1_026));
        _line.Admit(new FrameShape(10_000, 7)).ShouldBe(Ms(1_036));
    }

    [Fact]
    public void Frame_that_would_wait_longer_than_the_queue_is_dropped_and_counted()
    {
        _line.Settings = new ImpairSettings(default, default, Rate, Queue: Ms(10.5));
        _time.Advance(Ms(1_000));
        var admitted = Enumerable.Range(0, 40).Count(_ => _line.Admit(Frame) is not null);
        admitted.ShouldBe(13); // 2 are given, 10 wait, 1 is on the line
        _line.Overflowed.ShouldBe(27);
        _time.Advance(Ms(5));
        Enumerable.Range(0, 40).Count(_ => _line.Admit(Frame) is not null).ShouldBe(5);
    }

    [Fact]
    public void Frames_of_a_line_with_jitter_stay_in_order()
    {
        _line.Settings = new ImpairSettings(Ms(10), Ms(30));
        var due = new List<TimeSpan>();
        for (var i = 0; i < 200; i++)
        {
            due.Add(_line.Admit(Frame)!.Value);
            _time.Advance(Ms(1));
        }

        due.ShouldBe(due.Order());
        due[0].ShouldBeGreaterThanOrEqualTo(Ms(10));
        due[^1].ShouldBeInRange(Ms(209), Ms(240));
        due.Select((d, i) => d - Ms(i)).Distinct().Count().ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Share_of_frames_is_lost_the_same_ones_from_one_seed()
    {
        List<bool> Lost(int seed)
        {
            var settings = new ImpairSettings(Loss: 0.1);
            var line = new WireLine(new LineClock(_time), new Random(seed)) { Settings = settings };
            var lost = Enumerable.Range(0, 2_000).Select(_ => line.Admit(Frame) is null).ToList();
            line.Lost.ShouldBe(lost.Count(l => l));
            return lost;
        }

        Lost(3).ShouldBe(Lost(3));
        Lost(3).Count(l => l).ShouldBeInRange(140, 260);
    }

    [Fact]
    public void Cut_takes_what_would_come_out_meanwhile_and_nothing_else()
    {
        _line.Settings = new ImpairSettings(Ms(25));
        _line.Clock.Cut(Ms(100));
        _line.Release(Frame, Ms(0)).ShouldBeFalse();
        _time.Advance(Ms(99));
        _line.Release(Frame, Ms(99)).ShouldBeFalse();
        _time.Advance(Ms(1));
        _line.Release(Frame, Ms(100)).ShouldBeTrue();
        _line.LostInCuts.ShouldBe(2);
        _line.Frames.ShouldBe(1);
        _line.Bytes.ShouldBe(1_000);
    }

    [Fact]
    public void New_rate_holds_at_once_whatever_the_old_one_had_put_off()
    {
        _line.Settings = new ImpairSettings(default, default, Limits.Impair.RateMin, Queue: Ms(5_000));
        _line.Admit(Frame)!.Value.ShouldBeGreaterThan(Ms(900));
        _line.Settings = new ImpairSettings(default, default, Rate, Queue: Ms(5_000));
        // In order all the same: not before the one that is under way.
        _line.Admit(Frame)!.Value.ShouldBeLessThan(Ms(1_100));
        _time.Advance(Ms(2_000));
        _line.Admit(new FrameShape(12_000, 8)).ShouldBe(Ms(2_010));
    }

    [Fact]
    public void Large_frame_of_the_kernel_counts_as_the_frames_that_it_becomes()
    {
        var frame = new byte[FrameShape.HeaderBytes + 66 + (3 * 1448)];
        (frame[1], frame[2]) = (1, 66);
        BitConverter.TryWriteBytes(frame.AsSpan(4), (ushort)1448).ShouldBeTrue();
        FrameShape.Of(frame).ShouldBe(new FrameShape(3 * (66 + 1448), 3));
        frame[1] = 0;
        FrameShape.Of(frame).ShouldBe(new FrameShape(66 + (3 * 1448), 1));
        FrameShape.Of(frame.AsSpan(0, FrameShape.HeaderBytes + 60)).ShouldBe(new FrameShape(60, 1));
    }

    [Theory]
    [InlineData("east:wan0", "east", "wan0")]
    [InlineData("/proc/7/ns/net:wan0", "/proc/7/ns/net", "wan0")]
    [InlineData(":wan0", null, "wan0")]
    public void End_is_a_namespace_and_an_interface(string text, string? place, string link)
    {
        WireEnd.TryRead(text, out var end).ShouldBeTrue();
        end.ShouldBe(new WireEnd(place, link));
    }

    [Theory]
    [InlineData("wan0")]
    [InlineData("east:")]
    [InlineData("east:far too long a name")]
    public void What_is_no_end_is_refused(string text) => WireEnd.TryRead(text, out _).ShouldBeFalse();

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);
}
