using Fabric.Host.Impair;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Host.Tests.Impair;

public sealed class ImpairedLineTests
{
    private const long Rate = 1_000_000;

    private readonly ManualTime _time = new();
    private readonly LineClock _clock;

    public ImpairedLineTests() => _clock = new LineClock(_time);

    [Fact]
    public void Piece_comes_out_after_its_time_on_the_line_and_the_delay()
    {
        var line = Line(new ImpairSettings(Ms(50), default, Rate));
        line.Admit(10_000, late: false).ShouldBe(new Passage(Ms(10), Ms(60)));
        line.Admit(5_000, late: false).ShouldBe(new Passage(Ms(15), Ms(65)));
        _time.Advance(Ms(100));
        line.Admit(1_000, late: false).ShouldBe(new Passage(Ms(101), Ms(151)));
    }

    [Fact]
    public void Gap_that_the_proxy_made_itself_is_made_good_up_to_its_bound()
    {
        var line = Line(new ImpairSettings(default, default, Rate));
        line.Admit(10_000, late: false).Departs.ShouldBe(Ms(10));
        _time.Advance(Ms(50));
        line.Admit(10_000, late: true).Departs.ShouldBe(Ms(20));
        _time.Advance(Ms(Limits.Impair.CatchUpMs + 50));
        line.Admit(10_000, late: true).Departs.ShouldBe(Ms(50 + 50 + 10));
    }

    [Fact]
    public void Bytes_of_any_time_are_within_rate_and_one_piece()
    {
        var line = Line(new ImpairSettings(default, default, Rate));
        var random = new Random(7);
        var sent = 0L;
        var last = TimeSpan.Zero;
        for (var i = 0; i < 1_000; i++)
        {
            var piece = random.Next(1, line.PieceBytes() + 1);
            var passage = line.Admit(piece, late: false);
            sent += piece;
            passage.Departs.ShouldBeGreaterThan(last);
            last = passage.Departs;
            sent.ShouldBeLessThanOrEqualTo((long)(Rate * last.TotalSeconds) + 1);
            _time.Advance(Ms(random.Next(0, 15)));
        }
    }

    [Fact]
    public void Jitter_is_added_and_bounded()
    {
        var line = Line(new ImpairSettings(Ms(10), Ms(5)));
        var dues = Enumerable.Range(0, 200).Select(_ => line.Admit(100, late: false).Due).ToList();
        dues.ShouldAllBe(due => due >= Ms(10) && due <= Ms(15));
        dues.Distinct().Count().ShouldBeGreaterThan(100);
        dues.Average(due => due.TotalMilliseconds).ShouldBeInRange(12, 13);
    }

    [Fact]
    public void Loss_is_a_share_of_segments_and_costs_a_round_trip_and_its_bytes_again()
    {
        const int Pieces = 2_000;
        var line = Line(new ImpairSettings(Ms(20), default, Rate, 0.01));
        var stalled = 0;
        for (var i = 0; i < Pieces; i++)
        {
            var passage = line.Admit(10 * Limits.Impair.SegmentBytes, late: false);
            var over = passage.Due - passage.Departs - Ms(20);
            over.ShouldBeOneOf([
                TimeSpan.Zero, Ms(40), Ms(40 + Limits.Impair.RetransmitTimeoutMs),
                Ms(40 + (2 * Limits.Impair.RetransmitTimeoutMs))]);
            stalled += over > TimeSpan.Zero ? 1 : 0;
        }

        line.Lost.ShouldBeInRange(140, 260);
        stalled.ShouldBeInRange(130, (int)line.Lost);
        var bytes = ((Pieces * 10L) + line.Lost) * Limits.Impair.SegmentBytes;
        line.Admit(1, late: false).Departs.TotalSeconds.ShouldBe((double)bytes / Rate, 0.001);
    }

    [Fact]
    public void Same_seed_loses_the_same_segments()
    {
        long LostBy(int seed)
        {
            var line = new ImpairedLine(_clock, new Random(seed)) { Settings = new ImpairSettings(Loss: 0.1) };
            for (var i = 0; i < 100; i++)
                line.Admit(14_480, late: false);
            return line.Lost;
        }

        LostBy(3).ShouldBe(LostBy(3));
    }

    [Fact]
    public void New_rate_holds_at_once_whatever_the_old_one_had_put_off()
    {
        var line = Line(new ImpairSettings(default, default, Limits.Impair.RateMin));
        line.Admit(60_000, late: false).Departs.ShouldBe(TimeSpan.FromMinutes(1));
        line.Settings = new ImpairSettings(default, default, Rate);
        line.Admit(10_000, late: false).Departs.ShouldBe(Ms(10));
    }

    [Fact]
    public void Slowness_for_a_time_ends_by_itself_and_never_makes_a_line_faster()
    {
        var line = Line(new ImpairSettings(default, default, Rate));
        line.Slow(Ms(1_000), Rate / 10);
        line.Settings.BytesPerSecond.ShouldBe(Rate / 10);
        _time.Advance(Ms(1_000));
        line.Settings.BytesPerSecond.ShouldBe(Rate);
        line.Slow(Ms(1_000), Rate * 10);
        line.Settings.BytesPerSecond.ShouldBe(Rate);
    }

    [Fact]
    public void Window_holds_what_the_rate_carries_in_a_delay_and_a_stall()
    {
        var line = Line(new ImpairSettings(Ms(25), default, 25_000_000));
        line.WindowBytes().ShouldBe(25_000_000 / 1000 * ((3 * 25) + Limits.Impair.AheadMs));
        line.PieceBytes().ShouldBe(Limits.Impair.PieceBytesMax);
        line.Settings = new ImpairSettings(Ms(5_000), default, Limits.Impair.RateMax);
        line.WindowBytes().ShouldBe(Limits.Impair.WindowBytesMax);
    }

    private ImpairedLine Line(ImpairSettings settings) => new(_clock, new Random(1)) { Settings = settings };

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);
}
