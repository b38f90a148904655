using System.Globalization;
using System.Net;
using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Bench.Wan;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults.Lab;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// A guest within one site without a fabric: its TAPs are on the bridges of both hosts before it moves, one QEMU migrates
/// to the other without TLS, and announces it. So what a move adds to the pause here is the emulator's and the switches'.
/// </summary>
internal sealed class QemuLan(
    SitesBenchOptions options, SitesLab lab, HypervisorFacts facts, SitesBenchLog log, TimeProvider time)
{
    private const int Port = 7702;
    private const int BeatsBefore = 20;

    // What the fabric's policies allow unless told otherwise.
    private const int DowntimeLimitMs = 30;
    private static readonly TimeSpan BootWithin = TimeSpan.FromSeconds(120);

    private readonly LabDirectory _directory = LabDirectory.Make(keep: false);
    private readonly (VmSpec Spec, IPAddress Address) _guest = LanGuest.Of(NetworkKind.Announce, options, lab, facts);
    private int _started;

    private string Tap => _guest.Spec.Network!.Tap!;

    /// <summary>All moves, there and back.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var directory = _directory;
        var hosts = lab.Sites[0].Hosts;
        var made = new List<LabHost>();
        try
        {
            foreach (var host in hosts)
            {
                await IpAsync(host, $"tuntap add dev {Tap} mode tap", cancellation);
                made.Add(host);
                await IpAsync(host, $"link set {Tap} master {LanGuest.Bridge} up", cancellation);
            }

            await MoveAllAsync(hosts, cancellation);
        }
        finally
        {
            await Task.WhenAll(made.Select(h => IpAsync(h, $"link del {Tap}", CancellationToken.None)));
        }
    }

    private async Task MoveAllAsync(IReadOnlyList<LabHost> hosts, CancellationToken cancellation)
    {
        var (at, peer) = (hosts[0], await StartAsync(hosts[0], StartMode.Boot, cancellation));
        try
        {
            await peer.AskAsync("cont", cancellation);
            await peer.UntilBeatsAsync(BeatsBefore, BootWithin, cancellation);
            for (var run = 0; run < options.QemuRuns; run++)
            {
                var to = at == hosts[0] ? hosts[1] : hosts[0];
                (at, peer) = (to, await MoveAsync(peer, at, to, cancellation));
            }
        }
        finally
        {
            await peer.DisposeAsync();
        }
    }

    private static Task<string> IpAsync(LabHost host, string change, CancellationToken cancellation) =>
        LabTool.RunAsync("ip", ["-n", host.Namespace, .. change.Split(' ')], cancellation);

    private Task<QemuPeer> StartAsync(LabHost host, StartMode mode, CancellationToken cancellation) =>
        QemuPeer.StartAsync(
            new QemuHypervisor(
                new QemuOptions { Binary = QemuWrapper.Write(_directory, host, options.QemuBinary) }, time),
            _guest.Spec, mode, _directory.In($"m{++_started}"), time, cancellation);

    private async Task<QemuPeer> MoveAsync(QemuPeer source, LabHost from, LabHost to, CancellationToken cancellation)
    {
        var target = await StartAsync(to, StartMode.Incoming, cancellation);
        try
        {
            await using var client = await LanClient.BeginAsync(lab, to, _guest.Address, Tap, time, cancellation);
            var uri = string.Create(CultureInfo.InvariantCulture, $"tcp:{to.Address}:{Port}");
            await target.AskAsync("migrate-incoming", cancellation, ("uri", uri));
            await source.AskAsync(
                "migrate-set-parameters", cancellation,
                ("max-bandwidth", Limits.Qemu.BandwidthUnlimited), ("downtime-limit", DowntimeLimitMs));
            await source.AskAsync("migrate", cancellation, ("uri", uri));
            await target.UntilMigrationAsync("completed", cancellation);
            await target.AskAsync("cont", cancellation);
            var (stopped, runs) = (
                await source.UntilEventAsync("STOP", cancellation), await target.UntilEventAsync("RESUME", cancellation));
            await source.UntilMigrationAsync("completed", cancellation);
            log.Note(await client.EndAsync(
                SiteWay.QemuAlone, NetworkKind.Announce, from, (runs - stopped).TotalMilliseconds, runs,
                () => target.IsWell, cancellation));
            await source.DisposeAsync();
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }
}
