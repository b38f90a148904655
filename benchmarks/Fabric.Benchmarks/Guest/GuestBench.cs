namespace Fabric.Benchmarks.Guest;

/// <summary>
/// The embedded hypervisor: what its dirty log costs the guest, and how much of a plain copy through a UNIX socket its
/// pre-copy reaches. Both compare within a round, so they hold on a machine that others use too.
/// </summary>
internal static class GuestBench
{
    private const int RoundsDefault = 9;
    private const double LogCostMax = 0.15;
    private const double PreCopyShareMin = 0.7;

    public static async Task<BenchReport> RunAsync(BenchOptions options)
    {
        var report = new BenchReport("guest");
        var rounds = options.Rounds ?? RoundsDefault;
        report.Row("program", "operations/cpu-s, log off", "on", "cost");
        foreach (var program in Protocol.GuestProgramSpec.All)
        {
            var (off, on, cost) = DirtyLogBench.Run(program, rounds);
            report.Row(program, BenchReport.Text(off, 0), BenchReport.Text(on, 0), BenchReport.Text(cost * 100) + " %");
            report.Figure($"{program}.operationsPerCpuSecond", off);
            report.Ratio($"{program}.logCost", cost);
            report.Bar($"cost of the dirty log, {program}", cost, LogCostMax, atLeast: false);
        }

        report.Row("copy of 384 MiB", "MB/s", "", "share");
        var (plain, preCopy, share, cpuShare) = await PreCopyBench.RunAsync(rounds);
        report.Row("plain, UNIX socket", BenchReport.Text(plain), "", "1");
        report.Row("pre-copy", BenchReport.Text(preCopy), "", BenchReport.Text(share, 2));
        report.Figure("plainMBps", plain);
        report.Figure("preCopyMBps", preCopy);
        report.Ratio("preCopyShare", share);
        report.Ratio("preCopyShareByProcessorTime", cpuShare);
        report.Bar("pre-copy / plain copy", share, PreCopyShareMin, atLeast: true);
        return report;
    }
}
