using Fabric.Host.Bench.Throughput;

namespace Fabric.Benchmarks.Relay;

/// <summary>What <see cref="ThroughputBench"/> measures, with the bar that the relays are held to.</summary>
internal static class RelayBench
{
    private const double RatioMin = 0.8;
    private const int RoundsDefault = 5;
    private static readonly Way[] Ways = [Way.Direct, Way.Plain, Way.Tls];

    public static async Task<BenchReport> RunAsync(BenchOptions options)
    {
        await using var bench = new ThroughputBench(
            options.Qemu, guestDirectory: null, BenchOptions.Note, TimeProvider.System);
        var rounds = await bench.MeasureAsync(Ways, options.Rounds ?? RoundsDefault, CancellationToken.None);
        var report = new BenchReport("relay");
        report.Row("way", "MB/s median", "min", "max", "of direct", "relays' cpu-s/GB");
        foreach (var way in Ways)
            Tell(report, rounds, way);
        return report;
    }

    private static void Tell(BenchReport report, Rounds rounds, Way way)
    {
        var name = way.ToString().ToLowerInvariant();
        var hops = rounds.Of(way);
        var speed = BenchReport.Median(hops.Select(h => h.MegabytesPerSecond));
        var cpu = BenchReport.Median(hops.Select(h => h.CpuPerGigabyte));
        var ratio = rounds.OfDirect(way);
        report.Row(
            name, BenchReport.Text(speed, 0),
            BenchReport.Text(hops.Min(h => h.MegabytesPerSecond), 0),
            BenchReport.Text(hops.Max(h => h.MegabytesPerSecond), 0),
            BenchReport.Text(ratio, 2), BenchReport.Text(cpu, 2));
        report.Figure($"{name}MegabytesPerSecond", speed);
        report.Figure($"{name}RelayCpuSecondsPerGigabyte", cpu);
        if (way != Way.Direct)
            report.Ratio($"{name}ToDirect", ratio);
        if (way == Way.Plain)
            report.Bar("plain relay / direct", ratio, RatioMin, atLeast: true);
    }
}
