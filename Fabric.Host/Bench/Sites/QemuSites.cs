using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Bench.Wan;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// What there is without a fabric: the same guest on the same hosts over the same WAN. One QEMU mirrors its disk into the
/// other's over NBD and then migrates to it, without TLS; it has no limit of its own. When the WAN is cut, TCP waits;
/// when the target ends in the middle, its operator starts again.
/// </summary>
internal sealed class QemuSites(
    SitesBenchOptions options, SitesLab lab, HypervisorFacts facts, SitesBenchLog log, TimeProvider time)
{
    private const int DiskPort = 7700;
    private const int MemoryPort = 7701;
    private const int BeatsBefore = 20;
    private const int DowntimeLimitMs = 300;
    private static readonly DiskSpec Disk = new() { Id = DiskId.Of("root"), File = "plain.qcow2" };
    private static readonly TimeSpan BootWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookEveryInPause = TimeSpan.FromMilliseconds(2);

    private readonly SiteClient _client = new(lab, PlainNetwork.Server, time);
    private readonly LabDirectory _directory = LabDirectory.Make(keep: false);
    private int _started;

    /// <summary>All of them, there and back.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var directory = _directory;
        using var network = new PlainNetwork(lab);
        foreach (var host in new[] { lab.Source, lab.Target })
            await PlainNetwork.MakeTapAsync(host, cancellation);

        await new SitesDisk(lab, options.Lab()).MakeAsync(cancellation);
        File.Move(Path.Combine(lab.Source.Disks, SitesGuest.Image), ImageOf(lab.Source), overwrite: true);
        network.LeadTo(lab.Source);
        var (at, peer) = (lab.Source, await StartAsync(lab.Source, StartMode.Boot, cancellation));
        try
        {
            await peer.AskAsync("cont", cancellation);
            await peer.UntilBeatsAsync(BeatsBefore, BootWithin, cancellation);
            await Task.Delay(TimeSpan.FromSeconds(options.WriterMiB * 1024 / options.WriterKiBPerSecond), time, cancellation);
            foreach (var broke in Plan())
            {
                var to = at == lab.Source ? lab.Target : lab.Source;
                (at, peer) = (to, await MoveAsync(peer, at, to, broke, network, cancellation));
            }
        }
        finally
        {
            await peer.DisposeAsync();
        }
    }

    /// <summary>How many moves it makes.</summary>
    public static int Count(SitesBenchOptions options) => Plan(options).Count();

    private static IEnumerable<string?> Plan(SitesBenchOptions options)
    {
        var quiet = options.Has(SitesPart.Move) ? options.QemuRuns : 1;
        IEnumerable<string?> moves = Enumerable.Repeat<string?>(null, quiet);
        return options.Has(SitesPart.Broken) ? moves.Append(BrokenSites.Cut).Append(BrokenSites.Kill) : moves;
    }

    private IEnumerable<string?> Plan() => Plan(options);

    private string ImageOf(LabHost host) => Path.Combine(lab.Directory, $"plain-{host.Name}.qcow2");

    private Task<QemuPeer> StartAsync(LabHost host, StartMode mode, CancellationToken cancellation)
    {
        var hypervisor = new QemuHypervisor(
            new QemuOptions
            {
                Binary = QemuWrapper.Write(_directory, host, options.QemuBinary),
                DiskPath = _ => ImageOf(host),
            },
            time);
        var writer = string.Create(
            CultureInfo.InvariantCulture,
            $" w.disk=/dev/vda w.rate={options.WriterKiBPerSecond} w.mib={options.WriterMiB}");
        var made = options.Lab().Lab;
        var spec = LabMachines.Spec(
            "plain", made with { Dirtier = made.Dirtier + PlainNetwork.Arguments + writer }, facts) with
        {
            Disks = [Disk],
            Network = PlainNetwork.Spec,
        };
        return QemuPeer.StartAsync(hypervisor, spec, mode, _directory.In($"m{++_started}"), time, cancellation);
    }

    private async Task<QemuPeer> MoveAsync(
        QemuPeer source, LabHost from, LabHost to, string? broke, PlainNetwork network, CancellationToken cancellation)
    {
        await using var download = await _client.BeginAsync(cancellation);
        var before = await lab.WanAsync(cancellation);
        var (began, attempts) = (time.GetTimestamp(), 1);
        var target = await TakeAsync(to, cancellation);
        try
        {
            await MirrorAsync(source, to, cancellation);
            if (broke is not null)
            {
                await UntilHalfAsync(from, before, cancellation);
                log.Say($"{"",-12}BROKE: {broke}, with half of the disk through");
            }

            if (string.Equals(broke, BrokenSites.Cut, StringComparison.Ordinal))
                await lab.CutWanAsync(options.Cut, cancellation);
            if (string.Equals(broke, BrokenSites.Kill, StringComparison.Ordinal))
                await target.DisposeAsync();
            while (!await IsMirroredAsync(source, cancellation))
            {
                // The mirror has ended with an error: its operator starts again.
                attempts++;
                await target.DisposeAsync();
                await source.AskAsync("blockdev-del", cancellation, ("node-name", "nbd0"));
                target = await TakeAsync(to, cancellation);
                await MirrorAsync(source, to, cancellation);
            }

            var (downtime, memory) = await MigrateAsync(source, target, to, network, cancellation);
            var total = time.GetElapsedTime(began).TotalMilliseconds;
            var after = await lab.WanAsync(cancellation);
            var seen = await _client.EndAsync(download, cancellation);
            var allocated = await LabTool.AllocatedBytesAsync(ImageOf(from), cancellation);
            await source.DisposeAsync();
            File.Delete(ImageOf(from));
            log.Note(new SiteMove
            {
                Way = SiteWay.QemuAlone,
                Broke = broke,
                From = from.Name,
                To = to.Name,
                WanBytes = WanCount.Bytes(before, after),
                WanFrames = WanCount.Frames(before, after),
                AllocatedBytes = allocated,
                MemoryBytes = memory,
                TotalMs = total,
                BlackoutMs = seen.LargestGapMs,
                UsualGapMs = seen.UsualGapMs,
                DowntimeMs = downtime,
                Attempts = attempts,
                Clean = seen.Survived && target.IsWell,
            });
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    private async Task<QemuPeer> TakeAsync(LabHost to, CancellationToken cancellation)
    {
        File.Delete(ImageOf(to));
        var size = options.DiskBytes.ToString(CultureInfo.InvariantCulture);
        await LabTool.RunAsync("qemu-img", ["create", "-q", "-f", "qcow2", ImageOf(to), size], cancellation);
        var target = await StartAsync(to, StartMode.Incoming, cancellation);
        try
        {
            await CapableAsync(target, cancellation, "late-block-activate");
            await target.AskAsync("nbd-server-start", cancellation, ("addr", Address(to)));
            await target.AskAsync(
                "block-export-add", cancellation,
                ("type", "nbd"), ("id", "e0"), ("node-name", "disk-root"), ("name", "root"), ("writable", true));
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    private static JsonObject Address(LabHost host) => new()
    {
        ["type"] = "inet",
        ["data"] = new JsonObject
        {
            ["host"] = host.Address,
            ["port"] = DiskPort.ToString(CultureInfo.InvariantCulture),
        },
    };

    private static Task CapableAsync(QemuPeer peer, CancellationToken cancellation, string capability) => peer.AskAsync(
        "migrate-set-capabilities", cancellation,
        ("capabilities", new JsonArray(new JsonObject { ["capability"] = capability, ["state"] = true })));

    private static async Task MirrorAsync(QemuPeer source, LabHost to, CancellationToken cancellation)
    {
        var server = new JsonObject
        {
            ["type"] = "inet",
            ["host"] = to.Address,
            ["port"] = DiskPort.ToString(CultureInfo.InvariantCulture),
        };
        await source.AskAsync(
            "blockdev-add", cancellation,
            ("driver", "nbd"), ("node-name", "nbd0"), ("server", server), ("export", "root"));
        // In the background (the default) it is ready when nothing is dirty for a moment, which a guest that writes without
        // pause over 50 ms never grants; so its writes wait for the target.
        await source.AskAsync(
            "blockdev-mirror", cancellation,
            ("job-id", "m0"), ("device", "disk-root"), ("target", "nbd0"), ("sync", "full"),
            ("copy-mode", "write-blocking"));
    }

    private async Task UntilHalfAsync(LabHost from, ImpairCounters before, CancellationToken cancellation)
    {
        var half = await LabTool.AllocatedBytesAsync(ImageOf(from), cancellation) / 2;
        while (WanCount.Bytes(before, await lab.WanAsync(cancellation)) < half)
            await Task.Delay(LookEvery, time, cancellation);
    }

    /// <summary>Waits for the disks to be equal; false when the mirror has ended before.</summary>
    private async Task<bool> IsMirroredAsync(QemuPeer source, CancellationToken cancellation)
    {
        while (true)
        {
            var jobs = await source.AskAsync("query-block-jobs", cancellation);
            if (jobs.GetArrayLength() == 0)
                return false;
            if (jobs[0].GetProperty("ready").GetBoolean())
                return true;
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private async Task<(double DowntimeMs, long MemoryBytes)> MigrateAsync(
        QemuPeer source, QemuPeer target, LabHost to, PlainNetwork network, CancellationToken cancellation)
    {
        var uri = string.Create(CultureInfo.InvariantCulture, $"tcp:{to.Address}:{MemoryPort}");
        await target.AskAsync("migrate-incoming", cancellation, ("uri", uri));
        await CapableAsync(source, cancellation, "pause-before-switchover");
        await source.AskAsync(
            "migrate-set-parameters", cancellation,
            ("max-bandwidth", Limits.Qemu.BandwidthUnlimited), ("downtime-limit", DowntimeLimitMs));
        await source.AskAsync("migrate", cancellation, ("uri", uri));
        await source.UntilMigrationAsync("pre-switchover", cancellation);
        network.LeadTo(to);
        await source.AskAsync("block-job-cancel", cancellation, ("device", "m0"));
        while ((await source.AskAsync("query-block-jobs", cancellation)).GetArrayLength() > 0)
            await Task.Delay(LookEveryInPause, time, cancellation);
        await source.AskAsync("blockdev-del", cancellation, ("node-name", "nbd0"));
        await target.AskAsync("nbd-server-stop", cancellation);
        await source.AskAsync("migrate-continue", cancellation, ("state", "pre-switchover"));
        await target.UntilMigrationAsync("completed", cancellation);
        await target.AskAsync("cont", cancellation);
        await source.UntilMigrationAsync("completed", cancellation);
        var (_, answer) = await source.MigrationAsync(cancellation);
        return (answer.GetProperty("downtime").GetDouble(), answer.GetProperty("ram").GetProperty("transferred").GetInt64());
    }
}
