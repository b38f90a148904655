using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Bench.Wan;

/// <summary>The same guest over the same line through the fabric: a coordinator and two hosts in processes.</summary>
internal sealed class FabricMove(WanBenchOptions options, LabOptions lab, WanGuest guest, TimeProvider time)
{
    /// <summary>Boots, moves and checks the guest.</summary>
    /// <param name="fault">What is broken on the way; null for nothing.</param>
    /// <param name="cancellation">Ends it; nothing is left running.</param>
    public async Task<(MoveResult Move, CaseReport Report)> RunAsync(FaultCase? fault, CancellationToken cancellation)
    {
        var screen = new CaseScreen(LabConsole.Quiet(), time);
        var report = await LoopbackCase.RunAsync(
            lab with { Wan = options.Line }, fault, screen, time, cancellation);
        var completed = string.Equals(report.Outcome, "completed", StringComparison.Ordinal);
        return (
            new MoveResult(
                guest.Word, MoveWay.Fabric, report.WireBytes, report.TotalMs, report.DowntimeMs ?? 0,
                report.CpuSeconds, report.Attempts, Forced: false, completed && report.Ok),
            report);
    }
}
