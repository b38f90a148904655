using Fabric.Drivers.Qemu;
using Fabric.Host.Bench.Throughput;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;

namespace Fabric.Host.Bench.Wan;

/// <summary>
/// Each guest over the same line by each of QEMU's own ways and through the fabric; what a break costs both; what a way
/// back costs; and, without a line, the relays' own speed. Ratios are of one run on one machine.
/// </summary>
internal sealed class WanBench(
    WanBenchOptions options, Action<string> say, Action<double> progress, TimeProvider time)
{
    private const int Connections = 4;
    private static readonly MoveWay[] QemuWays = [MoveWay.QemuPlain, MoveWay.QemuXbzrle, MoveWay.QemuMultifdZstd];
    private static readonly Way[] Ways = [Way.Direct, Way.Plain, Way.TlsFour];
    private static readonly TimeSpan SettleWithin = TimeSpan.FromMinutes(10);

    private readonly IReadOnlyList<WanGuest> _guests =
        [.. WanGuest.All.Where(g => options.Guests.Count == 0 || options.Guests.Contains(g.Word, StringComparer.Ordinal))];

    private readonly WanLog _log = new(say, progress, Count(options));

    /// <summary>Runs all of it.</summary>
    /// <exception cref="LabException">A move could not be carried out.</exception>
    public async Task<WanReport> RunAsync(CancellationToken cancellation)
    {
        var qemu = new QemuOptions { Binary = options.QemuBinary };
        var facts = await new QemuHypervisor(qemu, time).ProbeAsync(cancellation);
        var first = _guests[0];
        if (options.Has(WanPart.Compare))
        {
            foreach (var guest in _guests)
                await CompareAsync(guest, cancellation);
        }

        if (options.Has(WanPart.Broken))
            await new BrokenMoves(options, LabOf(first), first, _log, time).RunAsync(cancellation);
        if (options.Has(WanPart.Return))
            await new ReturnTrip(options, LabOf(first), first, _log, time).RunAsync(cancellation);
        if (options.Has(WanPart.Throughput))
            await ThroughputAsync(qemu, cancellation);

        return new WanReport
        {
            QemuVersion = $"{facts.Version} ({facts.Accelerator})",
            LineBitsPerSecond = options.Line.BytesPerSecond * 8,
            RoundTripMs = 2 * options.Line.Delay.TotalMilliseconds,
            MemoryBytes = options.MemoryBytes,
            Processors = Environment.ProcessorCount,
            Moves = _log.Moves,
            BestOfQemu = _log.Best,
            Ratios = _log.Ratios,
            QemuRatios = _log.QemuRatios,
            MegabytesPerSecond = _log.Speeds,
        };
    }

    private static int Count(WanBenchOptions options)
    {
        var guests = options.Guests.Count == 0 ? WanGuest.All.Count : options.Guests.Count;
        return (options.Has(WanPart.Compare) ? guests * (QemuWays.Length + 1) : 0)
            + (options.Has(WanPart.Broken) ? BrokenMoves.Count(options) : 0)
            + (options.Has(WanPart.Return) ? options.Rounds : 0)
            + (options.Has(WanPart.Throughput) ? 1 : 0);
    }

    private async Task CompareAsync(WanGuest guest, CancellationToken cancellation)
    {
        var own = new List<MoveResult>();
        foreach (var way in QemuWays)
            own.Add(_log.Note(await new QemuMove(options, LabOf(guest), guest, way, time).RunAsync(null, cancellation)));
        var (move, _) = await new FabricMove(options, LabOf(guest), guest, time).RunAsync(null, cancellation);
        _log.Note(move);
        var best = own.Where(m => m.Clean).MinBy(m => m.WireBytes)
            ?? throw new LabException($"None of QEMU's own ways moved the guest '{guest.Word}' with all its pages right.");
        _log.Best[guest.Word] = best.Way.ToString();
        _log.Ratios[$"{guest.Word}Wire"] = WanLog.Share(move.WireBytes, best.WireBytes);
    }

    /// <summary>Of one run, in rounds: QEMU alone, the relays without TLS, and with TLS over four connections.</summary>
    private async Task ThroughputAsync(QemuOptions qemu, CancellationToken cancellation)
    {
        await using var bench = new ThroughputBench(qemu, options.GuestDirectory, _log.Say, time);
        var limit = await bench.TlsLimitAsync(Connections, cancellation);
        var rounds = await bench.MeasureAsync(Ways, options.Rounds, cancellation);
        foreach (var way in Ways)
            _log.Speeds[Word(way)] = Math.Round(Medians.Of(rounds.Of(way).Select(h => h.MegabytesPerSecond)), 1);
        _log.Speeds["tlsAlone"] = Math.Round(limit, 1);
        _log.Ratios["plainThroughput"] = Math.Round(rounds.OfDirect(Way.Plain), 4);
        _log.Ratios["tlsThroughput"] = Math.Round(rounds.OfDirect(Way.TlsFour), 4);
        _log.Ratios["tlsThroughputOfTlsAlone"] = WanLog.Share(_log.Speeds[Word(Way.TlsFour)], limit);
        _log.Step();
    }

    private static string Word(Way way) => way switch
    {
        Way.Direct => "qemuUnixSocket",
        Way.Plain => "fabricPlain",
        Way.Tls => "fabricTls",
        Way.TlsFour => "fabricTlsFour",
        _ => throw new ArgumentOutOfRangeException(nameof(way), way, "not a way"),
    };

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
        Keep = options.Keep,
        SettleWithin = SettleWithin,
    };
}
