using System.Text.Json;
using Fabric.Host.Bench.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Tests.Bench;

public sealed class SitesBenchTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Wan_bytes_are_divided_by_the_disk_and_the_memory_after_page_work_of_the_same_move()
    {
        // Each by its own: the second had more to send, and its share is the smaller one.
        var bars = SitesBars.Of(
            [Fabric(120, disk: 90, memory: 10), Fabric(210, disk: 180, memory: 20), Fabric(104, disk: 90, memory: 10)], []);
        Bar(bars, "wanOverContent").Seen.ShouldBe(1.05);
        Bar(bars, "wanOverContent").Met.ShouldBeTrue();
    }

    [Fact]
    public void Qemu_alone_is_divided_by_what_the_fabric_had_to_send()
    {
        var bars = SitesBars.Of([Fabric(115, disk: 90, memory: 10), Qemu(160, disk: 90, memory: 60)], []);
        Bar(bars, "wanOverContent").QemuAlone.ShouldBe(1.6);
        Bar(bars, "wanOverContent").Met.ShouldBeFalse();
    }

    [Fact]
    public void Blackout_is_the_median_of_undisturbed_moves_only()
    {
        var bars = SitesBars.Of(
            [
                Fabric(1, 1) with { BlackoutMs = 300 }, Fabric(1, 1) with { BlackoutMs = 501 },
                Fabric(1, 1) with { BlackoutMs = 900 }, Fabric(1, 1, broke: BrokenSites.Cut) with { BlackoutMs = 10 },
                Qemu(1, 1) with { BlackoutMs = 700 },
            ],
            []);
        var blackout = Bar(bars, "blackoutMs");
        blackout.Seen.ShouldBe(501);
        blackout.Met.ShouldBeFalse();
        blackout.QemuAlone.ShouldBe(700);
    }

    [Fact]
    public void What_a_break_costs_is_measured_against_undisturbed_moves_of_the_same_way()
    {
        SiteMove[] moves =
        [
            Fabric(1000, disk: 900), Fabric(1010, disk: 900), Fabric(1020, disk: 900),
            Fabric(1028, disk: 900, broke: BrokenSites.Cut), Fabric(1100, disk: 900, broke: BrokenSites.Kill),
            Qemu(1500, disk: 900), Qemu(2000, disk: 900, broke: BrokenSites.Kill),
        ];
        var bars = SitesBars.Of(moves, []);
        Bar(bars, "cutExtra").Seen.ShouldBe(0.02);
        Bar(bars, "cutExtra").Met.ShouldBeTrue();
        Bar(bars, "cutExtra").QemuAlone.ShouldBeNull();
        Bar(bars, "killExtra").Seen.ShouldBe(0.1);
        Bar(bars, "killExtra").Met.ShouldBeFalse();
        Bar(bars, "killExtra").QemuAlone.ShouldBe(0.5556);
    }

    [Fact]
    public void Network_of_one_site_is_charged_with_what_it_adds_to_the_pause()
    {
        var bars = SitesBars.Of(
            [],
            [
                Lan("announce", 90, 80), Lan("announce", 150, 50), Lan("announce", 70, 60), Lan("vxlan", 45, 20),
                Lan("announce", 500, 470) with { Way = SiteWay.QemuAlone },
            ]);
        bars.Select(b => (b.Name, b.Seen, b.Met)).ShouldBe(
            [("announceOverMs", 10, true), ("announceNetworkMs", 4, true), ("vxlanOverMs", 25, false), ("vxlanNetworkMs", 19, true)]);
        bars.Select(b => b.QemuAlone).ShouldBe([30, 24, null, null]);
    }

    [Fact]
    public void Guest_takes_the_time_from_when_it_runs_and_is_asked()
    {
        DateTimeOffset At(double ms) => Noon.AddMilliseconds(ms);
        TapEcho.WakeMs(At(10), asked: At(4), answered: At(30)).ShouldBe(20, 1e-6);
        TapEcho.WakeMs(At(10), asked: At(25), answered: At(30)).ShouldBe(5, 1e-6);
        TapEcho.WakeMs(At(10), asked: At(4), answered: null).ShouldBe(0);
        TapEcho.WakeMs(At(10), asked: At(4), answered: At(9)).ShouldBe(0);
    }

    [Fact]
    public void Parts_that_were_not_run_have_no_bars() => SitesBars.Of([], []).ShouldBeEmpty();

    [Fact]
    public void No_number_is_no_bar_met() => new SitesBar("x", double.NaN, 1).Met.ShouldBeFalse();

    [Fact]
    public void Nothing_is_divided_by_a_move_that_had_nothing_to_send() =>
        Should.Throw<LabException>(() => SitesBars.Of([Fabric(10, disk: 0)], []));

    [Fact]
    public void Pause_is_the_longest_gap_between_copies_since_the_request()
    {
        RunInterval[] runs =
        [
            new(Noon.AddSeconds(20.3), null), new(Noon, Noon.AddSeconds(10)), new(Noon.AddSeconds(12), Noon.AddSeconds(20)),
        ];
        RunGaps.LongestMs(runs, Noon.AddSeconds(15))!.Value.ShouldBe(300, 1e-6);
        RunGaps.LongestMs(runs, Noon)!.Value.ShouldBe(2000, 1e-6);
        RunGaps.LongestMs(runs, Noon.AddSeconds(21)).ShouldBeNull();
    }

    [Fact]
    public void Copies_that_overlap_leave_no_gap() =>
        RunGaps.LongestMs([new(Noon, Noon.AddSeconds(9)), new(Noon.AddSeconds(8), null)], Noon).ShouldBeNull();

    [Fact]
    public void Sum_of_a_ping_is_the_one_that_the_internet_knows()
    {
        // RFC 1071, section 3: its example's sum is ddf2, and what is sent its complement.
        EchoProbe.SumOf([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]).ShouldBe((ushort)0x220d);
        EchoProbe.SumOf([0xff]).ShouldBe((ushort)0x00ff);
    }

    [Fact]
    public void Moves_are_counted_before_they_are_made()
    {
        SitesBench.Count(new SitesBenchOptions { Runs = 10 }).ShouldBe(10 + (2 * 3) + 5 + 2 + (2 * 10) + 5);
        SitesBench.Count(new SitesBenchOptions { Runs = 10, Parts = [SitesPart.Broken] }).ShouldBe((3 * 3) + 1 + 2);
        SitesBench.Count(new SitesBenchOptions { Runs = 4, Parts = [SitesPart.Lan] }).ShouldBe(8 + 2);
    }

    [Fact]
    public void Moves_are_told_as_they_come()
    {
        var said = new List<string>();
        var done = 0.0;
        var log = new SitesBenchLog(said.Add, share => done = share, count: 4);
        log.Note(Fabric(120_000_000, disk: 100_000_000) with { Clean = false });
        log.Note(Lan("vxlan", 45, 20));
        done.ShouldBe(0.5);
        said[0].ShouldContain("120.0 MB on the WAN of 100.0 disk");
        said[0].ShouldEndWith("NOT CLEAN");
        said[1].ShouldContain("over  25.0 ms");
    }

    [Fact]
    public void Report_is_one_line_with_the_conditions_and_what_was_missed()
    {
        SiteMove[] moves = [Fabric(120, disk: 100)];
        var report = Report(moves);
        var json = report.ToJson();
        json.ShouldNotContain('\n');
        using var read = JsonDocument.Parse(json);
        var bar = read.RootElement.GetProperty("bars")[0];
        bar.GetProperty("name").GetString().ShouldBe("wanOverContent");
        bar.GetProperty("met").GetBoolean().ShouldBeFalse();
        read.RootElement.GetProperty("loadAverage")[1].GetDouble().ShouldBe(2.5);
        read.RootElement.GetProperty("moves")[0].GetProperty("way").GetString().ShouldBe("Fabric");
    }

    [Fact]
    public void Run_is_clean_although_a_bar_is_missed_and_not_when_a_block_is_lost()
    {
        Report([Fabric(120, disk: 100)]).Clean.ShouldBeTrue();
        Report([Fabric(100, disk: 100) with { Clean = false }]).Clean.ShouldBeFalse();
        (Report([Fabric(100, disk: 100)]) with { LostBlocks = 1 }).Clean.ShouldBeFalse();
    }

    private static SitesBenchReport Report(IReadOnlyList<SiteMove> moves) => new()
    {
        QemuVersion = "7.2",
        WanBitsPerSecond = 200_000_000,
        RoundTripMs = 50,
        MemoryBytes = 512 << 20,
        DiskBytes = 2L << 30,
        WriteBytesPerSecond = 2_000_000,
        WrittenBytes = 16 << 20,
        Processors = 2,
        LoadAverage = [0.5, 2.5],
        WanLateMsMax = 0.3,
        AcknowledgedBlocks = 1000,
        LostBlocks = 0,
        Moves = moves,
        Lan = [],
        Bars = SitesBars.Of(moves, []),
    };

    private static SitesBar Bar(IReadOnlyList<SitesBar> bars, string name) =>
        bars.Single(b => string.Equals(b.Name, name, StringComparison.Ordinal));

    private static LanMove Lan(string kind, double outage, double paused) =>
        new(SiteWay.Fabric, kind, "e1", "e2", outage, UsualGapMs: 3, paused, WakeMs: 6, Lost: 0, Clean: true);

    private static SiteMove Fabric(long wan, long disk, long memory = 0, string? broke = null) => new()
    {
        Way = SiteWay.Fabric,
        Broke = broke,
        From = "e1",
        To = "w1",
        WanBytes = wan,
        WanFrames = 1,
        AllocatedBytes = disk,
        DiskBytes = disk,
        MemoryBytes = memory,
        TotalMs = 1000,
        BlackoutMs = 100,
        UsualGapMs = 10,
        PausedMs = 90,
        DowntimeMs = 95,
        Attempts = 1,
        Clean = true,
    };

    private static SiteMove Qemu(long wan, long disk, long memory = 0, string? broke = null) =>
        Fabric(wan, disk, memory, broke) with { Way = SiteWay.QemuAlone };
}
