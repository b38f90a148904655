using Fabric.Host.Bench.Strategies;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Bench;

public sealed class StrategiesTests
{
    [Fact]
    public async Task Every_way_moves_a_guest_whole_and_is_measured()
    {
        var options = StrategiesOptions.Quick with { Programs = [GuestProgramSpec.MemoryMuncher] };
        var said = new List<string>();
        var done = 0.0;
        var report = await StrategiesCommand.CompareAsync(
            options, said.Add, share => done = share, TimeProvider.System, CancellationToken.None);
        report.Moves.Select(m => m.Strategy).ShouldBe(Enum.GetValues<Strategy>());
        done.ShouldBe(1);
        said.Count.ShouldBe(report.Moves.Count);
        foreach (var move in report.Moves)
        {
            move.Clean.ShouldBeTrue($"{move.Strategy}");
            move.TotalMs.ShouldBeGreaterThan(0);
            move.DowntimeMs.ShouldBeGreaterThan(0);
            move.BytesOverMemory.ShouldBeGreaterThan(0.5);
            move.Rounds.ShouldNotBeEmpty();
            move.Rounds.Sum(r => r.Bytes).ShouldBeGreaterThan(options.MemoryBytes / 2);
            move.Service.Sum().ShouldBeGreaterThan(0);
        }

        StrategyResult Of(Strategy strategy) => report.Moves.Single(m => m.Strategy == strategy);
        Of(Strategy.PreCopyFixed).Rounds.Count.ShouldBeGreaterThan(Of(Strategy.StopAndCopy).Rounds.Count);
        Of(Strategy.PostCopy).BytesOverMemory.ShouldBeLessThan(Of(Strategy.PreCopyFixed).BytesOverMemory);
    }

    [Fact]
    public void Page_draws_each_move_and_needs_nothing_from_elsewhere()
    {
        var page = StrategiesHtml.Of(new StrategiesReport(
            16L << 20, 2, [Move(Strategy.StopAndCopy, 500), Move(Strategy.PreCopyFixed, 20)],
            [new Shape("<a shape>", "seen", false)]));
        page.ShouldContain("<polyline");
        page.ShouldContain("<rect");
        page.ShouldContain("&lt;a shape&gt;");
        page.ShouldNotContain("http");
        page.ShouldNotContain("<script");
    }

    [Fact]
    public void Shapes_that_are_not_met_name_the_program()
    {
        StrategyResult[] moves =
            [Move(Strategy.StopAndCopy, 500), Move(Strategy.PreCopyFixed, 600), Move(Strategy.PostCopy, 20)];
        var shapes = StrategyShapes.Of(moves);
        shapes.Single(s => s.What.StartsWith("Pre-copy's downtime", StringComparison.Ordinal)).Agrees.ShouldBeFalse();
        shapes.Single(s => s.What.StartsWith("Pre-copy's downtime", StringComparison.Ordinal)).Seen
            .ShouldBe("not so for oltp: 600 against 500");
        shapes.Single(s => s.What.StartsWith("Post-copy's downtime", StringComparison.Ordinal)).Agrees.ShouldBeTrue();
    }

    private static StrategyResult Move(Strategy strategy, double downtimeMs) => new()
    {
        Program = GuestProgramSpec.Oltp,
        Strategy = strategy,
        LineMbps = 100,
        TotalMs = 1_000,
        DowntimeMs = downtimeMs,
        BytesOverMemory = 1,
        OperationsPerSecond = 100,
        OperationsLost = 10,
        Clean = true,
        Rounds = [new StrategyRound(1, 0, 800, 4_000, 10_000_000)],
        Service = [10, 9, 0, 10],
    };
}
