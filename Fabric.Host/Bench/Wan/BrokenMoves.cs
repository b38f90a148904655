using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;

namespace Fabric.Host.Bench.Wan;

/// <summary>What a break on the way costs in bytes, against the median of undisturbed moves of the same guest.</summary>
internal sealed class BrokenMoves(
    WanBenchOptions options, LabOptions lab, WanGuest guest, WanLog log, TimeProvider time)
{
    private const double Late = 0.9;

    /// <summary>Moves of each kind: undisturbed, cut, target's hypervisor killed, target's agent killed; and QEMU's two.</summary>
    public static int Count(WanBenchOptions options) => (4 * options.Rounds) + 2;

    /// <summary>All of them, so often as is wished.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await QemuCutAsync(cancellation);
        var whole = WanLog.MedianBytes(await RoundsAsync(null, "again", cancellation));
        var cut = await RoundsAsync(
            new FaultCase(FaultVictim.DataLink, FaultAction.Cut, FaultStage.PreCopy, options.Cut, 0)
            {
                AfterBytes = (long)(whole / 2),
            },
            "cut", cancellation, lab with { DataOutage = options.Cut });
        log.Ratios["cutExtra"] = Extra(WanLog.MedianBytes(cut), whole);
        var killed = await RoundsAsync(Kill(FaultVictim.TargetVm, whole), "target VM killed", cancellation);
        log.Ratios["targetVmKilledExtra"] = Extra(WanLog.MedianBytes(killed), whole);
        await SecondAttemptsAsync(whole, cancellation);
    }

    /// <summary>QEMU alone starts again.</summary>
    private async Task QemuCutAsync(CancellationToken cancellation)
    {
        var plain = log.Note(
            await new QemuMove(options, lab, guest, MoveWay.QemuPlain, time).RunAsync(null, cancellation), "again");
        var cut = log.Note(
            await new QemuMove(options, lab, guest, MoveWay.QemuPlain, time).RunAsync(plain.WireBytes / 2, cancellation),
            "cut");
        log.QemuRatios["cutExtra"] = Extra(cut.WireBytes, plain.WireBytes);
    }

    /// <summary>
    /// An agent that is killed takes the waiting hypervisor with it: that loses its stream and ends. What was sent until
    /// then is the first attempt, what was sent after it the second.
    /// </summary>
    private async Task SecondAttemptsAsync(double whole, CancellationToken cancellation)
    {
        var shares = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var (move, report) = await new FabricMove(options, lab, guest, time)
                .RunAsync(Kill(FaultVictim.TargetAgent, whole), cancellation);
            log.Note(move, "target agent killed");
            if (report.Broke is not { } broke || move.Attempts < 2)
                throw new LabException("The target's agent was killed after the migration was over: nothing was tried again.");
            shares.Add(WanLog.Share(move.WireBytes - broke.WireBytes, broke.WireBytes));
        }

        log.Ratios["secondAttempt"] = Medians.Of(shares);
    }

    private async Task<IReadOnlyList<MoveResult>> RoundsAsync(
        FaultCase? fault, string what, CancellationToken cancellation, LabOptions? other = null)
    {
        var moves = new List<MoveResult>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var (move, _) = await new FabricMove(options, other ?? lab, guest, time).RunAsync(fault, cancellation);
            moves.Add(log.Note(move, what));
        }

        return moves;
    }

    private static FaultCase Kill(FaultVictim who, double whole) =>
        new(who, FaultAction.Kill, FaultStage.PreCopy, TimeSpan.Zero, 0) { AfterBytes = (long)(whole * Late) };

    private static double Extra(double bytes, double whole) => Math.Round(WanLog.Share(bytes, whole) - 1, 4);
}
