using System.Diagnostics;
using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Lab.Tests;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;

namespace Fabric.Benchmarks.Relay;

/// <summary>
/// How much of QEMU's own speed is left when its bytes go through both relays. A guest with 1 GiB of random memory
/// moves again and again, each time another way; the order turns from round to round, so that no way always has the
/// same neighbours. Both relays and both QEMUs share this machine's processors: on two hosts they would not.
/// </summary>
internal sealed class RelayBench : IAsyncDisposable
{
    private const double RatioMin = 0.8;
    private const int RoundsDefault = 5;
    private static readonly Way[] Ways = [Way.Direct, Way.Plain, Way.Tls];
    private static readonly VmSpec Spec = LabGuest.Spec(
        "bench", 1536, "d.fill=1024 d.fillmode=rand d.ws=16 d.rate=0 d.scan=0 d.hb=1000");

    private readonly string _root = Directory.CreateTempSubdirectory("fb-").FullName;
    private readonly QemuHypervisor _hypervisor;
    private readonly LinkBufferPool _buffers = new();
    private readonly Links _links;
    private int _paths;

    private RelayBench(QemuOptions qemu)
    {
        _hypervisor = new QemuHypervisor(qemu, TimeProvider.System);
        _links = new Links(NewPath("ca"));
    }

    public static async Task<BenchReport> RunAsync(BenchOptions options)
    {
        await using var bench = new RelayBench(options.Qemu);
        var report = new BenchReport("relay");
        var hops = await bench.MeasureAsync(options.Rounds ?? RoundsDefault);
        Tell(report, hops);
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        _buffers.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private static void Tell(BenchReport report, IReadOnlyList<Hop[]> rounds)
    {
        report.Row("way", "MB/s median", "min", "max", "of direct", "relays' cpu-s/GB");
        foreach (var way in Ways)
        {
            var name = way.ToString().ToLowerInvariant();
            var hops = rounds.Select(r => Array.Find(r, h => h.Way == way)!).ToArray();
            var speed = BenchReport.Median(hops.Select(h => h.MegabytesPerSecond));
            var cpu = BenchReport.Median(hops.Select(h => h.CpuPerGigabyte));
            // Of one round: neighbours in time had about the same load beside them.
            var ratio = BenchReport.Median(rounds.Select(r =>
                Array.Find(r, h => h.Way == way)!.MegabytesPerSecond
                / Array.Find(r, h => h.Way == Way.Direct)!.MegabytesPerSecond));
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

    private async Task<IReadOnlyList<Hop[]>> MeasureAsync(int rounds)
    {
        BenchOptions.Note("booting a guest with 1 GiB of random memory");
        var machine = await BootAsync();
        try
        {
            // The first hop finds cold pages and cold code.
            foreach (var way in Ways)
                (machine, _) = await HopAsync(machine, way);
            var all = new List<Hop[]>();
            for (var round = 0; round < rounds; round++)
            {
                var hops = new List<Hop>();
                for (var i = 0; i < Ways.Length; i++)
                {
                    (machine, var hop) = await HopAsync(machine, Ways[(i + round) % Ways.Length]);
                    hops.Add(hop);
                    BenchOptions.Note(
                        $"round {round + 1} {hop.Way,-6} {hop.MegabytesPerSecond,7:F0} MB/s, {hop.Bytes / 1e6:F0} MB, " +
                        $"relays {hop.CpuPerGigabyte:F2} cpu-s/GB");
                }

                all.Add([.. hops]);
            }

            await IsSoundAsync(machine);
            return all;
        }
        finally
        {
            await machine.DisposeAsync();
        }
    }

    private async Task<WatchedMachine> BootAsync()
    {
        var machine = await StartAsync(StartMode.Boot);
        await machine.Machine.ContinueAsync(CancellationToken.None);
        await Until.TrueAsync(
            async () => (await ConsoleAsync(machine)).Contains("DIRTIER ready", StringComparison.Ordinal), seconds: 240);
        return machine;
    }

    private async Task<(WatchedMachine Machine, Hop Hop)> HopAsync(WatchedMachine source, Way way)
    {
        var target = await StartAsync(StartMode.Incoming);
        var (into, from) = (NewPath("i"), NewPath("o"));
        await target.Machine.BeginIncomingAsync(into, CancellationToken.None);
        SourceRelay? near = null;
        TargetRelay? far = null;
        if (way == Way.Direct)
        {
            from = into;
        }
        else
        {
            var (sourceLink, targetLink) = await _links.MakeAsync(way);
            near = SourceRelay.Start(from, sourceLink, _buffers, TimeProvider.System);
            far = TargetRelay.Start(into, targetLink, _buffers, TimeProvider.System);
        }

        await source.Machine.BeginOutgoingAsync(from, new TransferPolicy(0, 300), CancellationToken.None);
        await source.UntilAsync(MigrationPhase.Active);
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await source.UntilAsync(MigrationPhase.PreSwitchover);
        await source.Machine.ContinueSwitchoverAsync(CancellationToken.None);
        await source.UntilAsync(MigrationPhase.Completed);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        var bytes = (await source.Machine.ObserveAsync(CancellationToken.None)).Progress?.TransferredBytes ?? 0;

        await target.UntilAsync(MigrationPhase.Completed);
        await target.Machine.ContinueAsync(CancellationToken.None);
        await source.DisposeAsync();
        if (near is not null)
            await near.DisposeAsync();
        if (far is not null)
            await far.DisposeAsync();
        return (target, new Hop(way, bytes, seconds, used));
    }

    /// <summary>The guest checks all its pages: what was fast must have been right too.</summary>
    private static Task IsSoundAsync(WatchedMachine machine) => Until.TrueAsync(async () =>
    {
        var beat = (await ConsoleAsync(machine)).Split('\n').LastOrDefault(l => l.Contains("bad=", StringComparison.Ordinal));
        if (beat is not null && !beat.Contains("bad=0", StringComparison.Ordinal))
            throw new InvalidOperationException($"the guest lost pages: {beat}");
        return beat is not null;
    });

    private static Task<string> ConsoleAsync(WatchedMachine machine) =>
        File.Exists(machine.Machine.Directory.ConsoleLog)
            ? File.ReadAllTextAsync(machine.Machine.Directory.ConsoleLog)
            : Task.FromResult("");

    private async Task<WatchedMachine> StartAsync(StartMode mode) => new(
        (QemuMachine)await _hypervisor.StartAsync(Spec, mode, NewPath("m"), CancellationToken.None));

    private string NewPath(string name) => Path.Combine(_root, $"{name}{++_paths}");
}
