using Fabric.Host.Bench;
using Fabric.Host.Bench.Throughput;
using Fabric.Host.Bench.Wan;
using Fabric.Host.Faults;

namespace Fabric.Host.Tests.Bench;

public sealed class WanReportTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3)]
    [InlineData(new[] { 9.0, 1, 5 }, 5)]
    [InlineData(new[] { 4.0, 1, 9, 2 }, 3)]
    public void Median_is_the_middle(double[] figures, double middle) => Medians.Of(figures).ShouldBe(middle);

    [Fact]
    public void Median_of_nothing_is_no_number() => double.IsNaN(Medians.Of([])).ShouldBeTrue();

    [Fact]
    public void A_ratio_is_of_one_round_and_not_of_two_medians()
    {
        // The second round was slow for both: divided across rounds the relays would look twice as fast as QEMU.
        var rounds = new Rounds([
            [Hop(Way.Direct, 100), Hop(Way.Plain, 80)],
            [Hop(Way.Plain, 8), Hop(Way.Direct, 10)],
            [Hop(Way.Direct, 40), Hop(Way.Plain, 36)],
        ]);
        rounds.OfDirect(Way.Plain).ShouldBe(0.8, 1e-9);
        rounds.Of(Way.Plain).Count.ShouldBe(3);
    }

    [Fact]
    public void Moves_are_told_and_counted_with_what_was_done_to_them()
    {
        var said = new List<string>();
        var done = 0.0;
        var log = new WanLog(said.Add, share => done = share, count: 4);
        log.Note(Move(20_000_000)).Guest.ShouldBe("light");
        log.Note(Move(30_000_000) with { Clean = false }, "cut").Guest.ShouldBe("light, cut");
        done.ShouldBe(0.5);
        said[0].ShouldContain("20.0 MB");
        said[1].ShouldEndWith("NOT CLEAN");
        log.Moves.Count.ShouldBe(2);
        WanLog.MedianBytes(log.Moves).ShouldBe(25_000_000);
    }

    [Fact]
    public void Nothing_is_divided_by_a_move_that_carried_nothing() =>
        Should.Throw<LabException>(() => WanLog.Share(1, 0));

    [Fact]
    public void Parts_are_all_unless_some_are_named()
    {
        Enum.GetValues<WanPart>().ShouldAllBe(p => new WanBenchOptions().Has(p));
        var some = new WanBenchOptions { Parts = [WanPart.Return] };
        Enum.GetValues<WanPart>().Where(some.Has).ShouldBe([WanPart.Return]);
    }

    [Fact]
    public void Report_has_its_ratios_in_every_form()
    {
        var report = new WanReport
        {
            QemuVersion = "7.2",
            LineBitsPerSecond = 100_000_000,
            RoundTripMs = 50,
            MemoryBytes = 1 << 29,
            Processors = 2,
            Moves = [Move(1_000_000) with { Guest = "<light>" }],
            BestOfQemu = new Dictionary<string, string>(StringComparer.Ordinal) { ["light"] = "QemuMultifdZstd" },
            Ratios = new Dictionary<string, double>(StringComparer.Ordinal) { ["lightWire"] = 0.4321 },
            QemuRatios = new Dictionary<string, double>(StringComparer.Ordinal) { ["cutExtra"] = 0.5 },
            MegabytesPerSecond = new Dictionary<string, double>(StringComparer.Ordinal) { ["fabricPlain"] = 987 },
        };
        report.ToJson().ShouldContain("\"lightWire\":0.4321");
        report.ToJson().ShouldContain("\"fabricPlain\":987");
        WanTable.Ratios(report).ShouldBe("lightWire 0.432, cutExtra of QEMU alone 0.500, fabricPlain 987 MB/s");
        var page = WanHtml.Of(report);
        page.ShouldContain("&lt;light&gt;");
        page.ShouldContain("lightWire 0.432");
        page.ShouldNotContain("<script");
    }

    private static Hop Hop(Way way, double speed) => new(way, (long)(speed * 1e6), Seconds: 1, RelayCpuSeconds: 0);

    private static MoveResult Move(long bytes) =>
        new("light", MoveWay.Fabric, bytes, 1000, 20, 1, Attempts: 1, Forced: false, Clean: true);
}
