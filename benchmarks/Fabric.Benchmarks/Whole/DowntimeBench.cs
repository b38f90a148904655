using Fabric.Lab.Tests;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Whole;

/// <summary>
/// What the fabric adds to the downtime that the hypervisor itself reports: noticing, journalling, orders, the grant.
/// Whole migrations of a 128 MiB guest to and fro between two agents, with the coordinator, all in this process.
/// </summary>
internal static class DowntimeBench
{
    private const double AddedMsMax = 60;
    private const int HopsDefault = 20;

    private static readonly (string Name, Func<Downtime, double> Of)[] Parts =
    [
        ("total", d => d.TotalMs),
        ("hypervisor", d => d.HypervisorMs ?? 0),
        ("added", Added),
        ("lastPages", d => d.LastPagesMs),
        ("load", d => d.LoadMs),
        ("commit", d => d.CommitMs),
        ("grant", d => d.GrantMs),
        ("run", d => d.RunMs),
    ];

    public static async Task<BenchReport> RunAsync(BenchOptions options)
    {
        var report = new BenchReport("downtime");
        var hops = new List<Downtime>();
        var spec = LabGuest.Spec("bench");
        await LabFabric.RunAsync(options.Qemu, ["a", "b"], async fabric =>
        {
            await fabric.BootAsync(spec, "a", seconds: 240);
            for (var hop = 0; hop < (options.Rounds ?? HopsDefault); hop++)
            {
                var downtime = await HopAsync(fabric, spec.Id, hop % 2 == 0 ? "b" : "a");
                hops.Add(downtime);
                BenchOptions.Note($"hop {hop + 1,2}: added {Added(downtime):F1} ms; {downtime}");
            }
        });
        Tell(report, hops);
        return report;
    }

    private static double Added(Downtime d) => d.TotalMs - (d.HypervisorMs ?? 0);

    private static async Task<Downtime> HopAsync(LabFabric fabric, VmId vm, string target)
    {
        var id = await fabric.MigrateAsync(vm, target, new MigrationPolicy());
        var end = (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single();
        return end is { Outcome: MigrationOutcome.Completed, Downtime: { HypervisorMs: not null } downtime }
            ? downtime
            : throw new InvalidOperationException($"{id} was to be completed, with its downtime: {end}");
    }

    private static void Tell(BenchReport report, List<Downtime> hops)
    {
        report.Row("part of the downtime", "median ms", "max ms");
        foreach (var (name, of) in Parts)
        {
            var (median, max) = (BenchReport.Median(hops.Select(of)), hops.Max(of));
            report.Row(name, BenchReport.Text(median), BenchReport.Text(max));
            report.Figure($"{name}MsMedian", median);
            report.Figure($"{name}MsMax", max);
        }

        report.Figure("hops", hops.Count);
        report.Bar("added downtime, median ms", BenchReport.Median(hops.Select(Added)), AddedMsMax, atLeast: false);
    }
}
