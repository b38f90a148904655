using Fabric.Lab.Tests;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Whole;

/// <summary>
/// How much memory an agent takes while 1 GiB goes through it, as source and as target. Guest memory must not gather
/// in it: what it holds are buffers of a fixed number, so its size must not depend on the guest's.
/// </summary>
internal static class MemoryBench
{
    /// <summary>Makes this program an agent.</summary>
    public const string AgentVerb = "agent";

    private const double PeakMiBMax = 150;
    private const int HopsDefault = 2;

    public static async Task<BenchReport> RunAsync(BenchOptions options)
    {
        var report = new BenchReport("memory");
        var spec = LabGuest.Spec("bench", 1536, "d.fill=1024 d.fillmode=rand d.ws=16 d.rate=0 d.scan=0 d.hb=1000");
        await LabFabric.RunBareAsync(options.Qemu, ["a", "b"], async fabric =>
        {
            await using var a = await fabric.LaunchHostAsync("a", AgentProcess.Start);
            await using var b = await fabric.LaunchHostAsync("b", AgentProcess.Start);
            BenchOptions.Note("booting a guest with 1 GiB of random memory");
            await fabric.BootAsync(spec, "a", seconds: 240);
            report.Row("agents' resident MiB", "a now", "a peak", "b now", "b peak");
            Row(report, "idle", a, b);
            report.Figure("idleMiB", b.PeakMiB);
            for (var hop = 0; hop < (options.Rounds ?? HopsDefault); hop++)
            {
                var target = hop % 2 == 0 ? "b" : "a";
                await HopAsync(fabric, spec.Id, target);
                Row(report, $"after hop {hop + 1}, to {target}", a, b);
                if (hop > 0)
                    continue;
                report.Figure("sourcePeakMiB", a.PeakMiB);
                report.Figure("targetPeakMiB", b.PeakMiB);
                report.Bar("source's agent, peak MiB", a.PeakMiB, PeakMiBMax, atLeast: false);
                report.Bar("target's agent, peak MiB", b.PeakMiB, PeakMiBMax, atLeast: false);
            }

            report.Figure("endPeakMiB", Math.Max(a.PeakMiB, b.PeakMiB));
            report.Figure("endAnonymousMiB", Math.Max(a.AnonymousMiB, b.AnonymousMiB));
            report.Bar("either agent, peak MiB after all hops", Math.Max(a.PeakMiB, b.PeakMiB), PeakMiBMax, atLeast: false);
        });
        return report;
    }

    private static async Task HopAsync(LabFabric fabric, VmId vm, string target)
    {
        var id = await fabric.MigrateAsync(vm, target, new MigrationPolicy());
        var end = (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single();
        if (end.Outcome != MigrationOutcome.Completed)
            throw new InvalidOperationException($"{id} was to be completed: {end}");
    }

    private static void Row(BenchReport report, string what, AgentProcess a, AgentProcess b)
    {
        report.Row(
            what, BenchReport.Text(a.ResidentMiB), BenchReport.Text(a.PeakMiB), BenchReport.Text(b.ResidentMiB),
            BenchReport.Text(b.PeakMiB));
        BenchOptions.Note($"{what}: a {a.ResidentMiB:F1} (peak {a.PeakMiB:F1}), b {b.ResidentMiB:F1} (peak {b.PeakMiB:F1}) MiB");
    }
}
