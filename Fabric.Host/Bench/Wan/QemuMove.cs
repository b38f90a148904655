using System.Net;
using System.Numerics;
using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Wan;

/// <summary>
/// What there is without a fabric: one QEMU sends to another over the same line, and starts again when that is cut.
/// It has no limit of its own: what it sends is held up by the line.
/// </summary>
internal sealed class QemuMove(WanBenchOptions options, LabOptions lab, WanGuest guest, MoveWay way, TimeProvider time)
{
    private const int BeatsBefore = 20;
    private const int BeatsAfter = 20;
    private const int DowntimeLimitMs = 300;
    private const int ForcedDowntimeMs = 60_000;
    private static readonly TimeSpan BootWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan ConvergesWithin = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    private readonly List<int> _processes = [];

    /// <summary>Boots, moves and checks the guest.</summary>
    /// <param name="cutAfter">Cut the line when it has carried so many bytes; null cuts nothing.</param>
    /// <param name="cancellation">Ends it; nothing is left running.</param>
    public async Task<MoveResult> RunAsync(long? cutAfter, CancellationToken cancellation)
    {
        var hypervisor = new QemuHypervisor(new QemuOptions { Binary = options.QemuBinary }, time);
        var spec = LabMachines.Spec("bench", lab, await hypervisor.ProbeAsync(cancellation));
        using var directory = LabDirectory.Make(keep: false);
        await using var source = await StartAsync(hypervisor, spec, StartMode.Boot, directory.In("s"), cancellation);
        await source.AskAsync("cont", cancellation);
        await source.UntilBeatsAsync(BeatsBefore, BootWithin, cancellation);
        await source.PrepareAsync(way, CacheOf(spec), cancellation);

        var port = FreePorts.Take(1)[0];
        await using var line = TcpProxy.Start(new IPEndPoint(IPAddress.Loopback, port), options.Line, time);
        if (cutAfter is { } bytes)
            line.CutAfter(bytes, options.Cut);
        var (began, cpu, before) = (time.GetTimestamp(), ProcessorTime.Begin(_processes), 0L);
        var forced = false;
        for (var attempt = 1; ; attempt++)
        {
            // A target that has lost its stream has ended; each attempt has its own.
            await using var target =
                await StartAsync(hypervisor, spec, StartMode.Incoming, directory.In($"t{attempt}"), cancellation);
            await target.PrepareAsync(way, CacheOf(spec), cancellation);
            await target.AskAsync("migrate-incoming", cancellation, ("uri", $"tcp:127.0.0.1:{port}"));
            var (completed, wasForced, downtime) = await SendAsync(source, line.Port, cancellation);
            forced |= wasForced;
            if (!completed)
            {
                await Task.Delay(RetryEvery, time, cancellation);

                // Channels that came in another order than QEMU wants them are no fault of the line: what that cost is
                // left out, to QEMU's favour. What a cut costs counts.
                if (cutAfter is null)
                    (began, cpu, before) = (time.GetTimestamp(), ProcessorTime.Begin(_processes), line.Bytes);
                continue;
            }

            await UntilLoadedAsync(target, cancellation);
            await target.AskAsync("cont", cancellation);
            var (total, used) = (time.GetElapsedTime(began), cpu.SecondsUntilNow(_processes));
            await target.UntilBeatsAsync(BeatsAfter, BootWithin, cancellation);
            return new MoveResult(
                guest.Word, way, line.Bytes - before, total.TotalMilliseconds, downtime, used, attempt, forced,
                await target.IsCleanAsync(cancellation));
        }
    }

    // XBZRLE's cache is a power of two. As large as the guest, or pages push each other out before they come again.
    private static long CacheOf(VmSpec spec) => 1L << BitOperations.Log2((ulong)spec.MemoryBytes());

    private async Task<QemuPeer> StartAsync(
        IHypervisor hypervisor, VmSpec spec, StartMode mode, string directory, CancellationToken cancellation)
    {
        var peer = await QemuPeer.StartAsync(hypervisor, spec, mode, directory, time, cancellation);
        _processes.Add(peer.ProcessId);
        return peer;
    }

    private async Task<(bool Completed, bool Forced, double DowntimeMs)> SendAsync(
        QemuPeer source, int port, CancellationToken cancellation)
    {
        await source.AskAsync(
            "migrate-set-parameters", cancellation,
            ("max-bandwidth", Limits.Qemu.BandwidthUnlimited), ("downtime-limit", DowntimeLimitMs));
        await source.AskAsync("migrate", cancellation, ("uri", $"tcp:127.0.0.1:{port}"));
        var began = time.GetTimestamp();
        var forced = false;
        while (true)
        {
            var (status, answer) = await source.MigrationAsync(cancellation);
            switch (status)
            {
                case "completed":
                    return (true, forced, answer.GetProperty("downtime").GetDouble());
                case "failed" or "cancelled":
                    return (false, forced, 0);
                default:
                    break;
            }

            if (!forced && time.GetElapsedTime(began) > ConvergesWithin)
            {
                forced = true;
                await source.AskAsync("migrate-set-parameters", cancellation, ("downtime-limit", ForcedDowntimeMs));
            }

            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private async Task UntilLoadedAsync(QemuPeer target, CancellationToken cancellation)
    {
        while ((await target.MigrationAsync(cancellation)).Status is var status && status is not "completed")
        {
            if (status is "failed")
                throw new LabException("The target's QEMU could not load what the source's had sent.");
            await Task.Delay(LookEvery, time, cancellation);
        }
    }
}
