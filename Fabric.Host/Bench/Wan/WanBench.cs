using System.Globalization;
using Fabric.Drivers.Qemu;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Bench.Wan;

/// <summary>
/// Each guest over the same line by each of QEMU's own ways and through the fabric; then what a cut costs both. Ratios
/// are of one run on one machine.
/// </summary>
internal sealed class WanBench(WanBenchOptions options, Action<string> say, TimeProvider time)
{
    private static readonly MoveWay[] QemuWays = [MoveWay.QemuPlain, MoveWay.QemuXbzrle, MoveWay.QemuMultifdZstd];
    private static readonly TimeSpan SettleWithin = TimeSpan.FromMinutes(10);

    private readonly List<MoveResult> _moves = [];
    private readonly Dictionary<string, string> _best = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _ratios = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _qemuRatios = new(StringComparer.Ordinal);

    /// <summary>Runs all of it.</summary>
    /// <exception cref="LabException">A move could not be carried out.</exception>
    public async Task<WanReport> RunAsync(CancellationToken cancellation)
    {
        var facts = await new QemuHypervisor(new QemuOptions { Binary = options.QemuBinary }, time)
            .ProbeAsync(cancellation);
        foreach (var guest in WanGuest.All.Where(g => options.Guests.Count == 0 || options.Guests.Contains(g.Word, StringComparer.Ordinal)))
        {
            await CompareAsync(guest, cancellation);
            if (!options.Quick && guest == WanGuest.All[0])
                await CutAsync(guest, cancellation);
        }

        return new WanReport
        {
            QemuVersion = $"{facts.Version} ({facts.Accelerator})",
            LineBitsPerSecond = options.Line.BytesPerSecond * 8,
            RoundTripMs = 2 * options.Line.Delay.TotalMilliseconds,
            MemoryBytes = options.MemoryBytes,
            Processors = Environment.ProcessorCount,
            Moves = _moves,
            BestOfQemu = _best,
            Ratios = _ratios,
            QemuRatios = _qemuRatios,
        };
    }

    private async Task CompareAsync(WanGuest guest, CancellationToken cancellation)
    {
        foreach (var way in QemuWays)
            Note(await new QemuMove(options, LabOf(guest), guest, way, time).RunAsync(null, cancellation));
        Note((await new FabricMove(options, LabOf(guest), guest, time).RunAsync(null, cancellation)).Move);
        var best = _moves.Where(m => IsOf(m, guest) && m.Way != MoveWay.Fabric && m.Clean).MinBy(m => m.WireBytes)
            ?? throw new LabException($"None of QEMU's own ways moved the guest '{guest.Word}' with all its pages right.");
        _best[guest.Word] = best.Way.ToString();
        _ratios[$"{guest.Word}Wire"] = Share(Of(guest, MoveWay.Fabric).WireBytes, best.WireBytes);
    }

    /// <summary>The line is cut when half of what the undisturbed move took has gone over it.</summary>
    private async Task CutAsync(WanGuest guest, CancellationToken cancellation)
    {
        var plain = Of(guest, MoveWay.QemuPlain).WireBytes;
        var qemu = await new QemuMove(options, LabOf(guest), guest, MoveWay.QemuPlain, time)
            .RunAsync(plain / 2, cancellation);
        Note(qemu with { Guest = $"{guest.Word}, cut" });
        _qemuRatios["cutExtra"] = Share(qemu.WireBytes, plain) - 1;

        var whole = Of(guest, MoveWay.Fabric).WireBytes;
        var fault = new FaultCase(FaultVictim.DataLink, FaultAction.Cut, FaultStage.PreCopy, options.Cut, 0)
        {
            AfterBytes = whole / 2,
        };
        var (move, _) = await new FabricMove(options, LabOf(guest), guest, time).RunAsync(fault, cancellation);
        Note(move with { Guest = $"{guest.Word}, cut" });
        _ratios["cutExtra"] = Share(move.WireBytes, whole) - 1;
    }

    private LabOptions LabOf(WanGuest guest) => new()
    {
        Hypervisor = HypervisorKind.Qemu,
        QemuBinary = options.QemuBinary,
        GuestDirectory = options.GuestDirectory,
        MemoryBytes = options.MemoryBytes,
        Dirtier = guest.Dirtier,
        // The line is to be what holds it up, not a limit of ours.
        BandwidthBytesPerSecond = Math.Max(options.Line.BytesPerSecond * 20, 1_000_000),
        Deadline = SettleWithin,
        SettleWithin = SettleWithin,
    };

    private MoveResult Of(WanGuest guest, MoveWay way) => _moves.First(m => IsOf(m, guest) && m.Way == way);

    private static bool IsOf(MoveResult move, WanGuest guest) =>
        string.Equals(move.Guest, guest.Word, StringComparison.Ordinal);

    private static double Share(long part, long whole) => Math.Round((double)part / whole, 4);

    private void Note(MoveResult move)
    {
        _moves.Add(move);
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"{move.Guest,-10} {move.Way,-15} {move.WireBytes / 1e6,7:F1} MB {move.TotalMs / 1e3,6:F1} s, down {move.DowntimeMs,5:F0} ms, cpu {move.CpuSeconds,5:F1} s, {move.Attempts} attempt(s){(move.Forced ? ", forced" : "")}{(move.Clean ? "" : ", NOT CLEAN")}"));
    }
}
