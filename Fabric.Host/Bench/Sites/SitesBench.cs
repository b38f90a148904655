using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Sites;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// One lab of two sites, made for this and taken away at the end, however it ends; in it, one after the other: the guest
/// with its disk by the fabric, undisturbed and broken, the same by QEMU alone, and a guest within one site.
/// </summary>
internal sealed class SitesBench(SitesBenchOptions options, Action<string> say, Action<double> progress, TimeProvider time)
{
    private static readonly TimeSpan HostsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly SitesBenchLog _log = new(say, progress, Count(options));

    /// <summary>How many moves that makes.</summary>
    public static int Count(SitesBenchOptions options)
    {
        var broken = options.Has(SitesPart.Broken) ? 2 * options.BrokenRuns : 0;
        var quiet = options.Has(SitesPart.Move) ? options.Runs : broken > 0 ? options.BrokenRuns : 0;
        return quiet + broken + (quiet > 0 ? QemuSites.Count(options) : 0)
            + (options.Has(SitesPart.Lan) ? (LanSites.Kinds.Count * options.Runs) + options.QemuRuns : 0);
    }

    /// <summary>Runs all of it.</summary>
    /// <exception cref="LabException">A move could not be carried out.</exception>
    public async Task<SitesBenchReport> RunAsync(CancellationToken cancellation)
    {
        var load = LabTool.LoadAverage();
        var made = options.Lab();
        var facts = await LabMachines.Hypervisor(made.Lab, time).ProbeAsync(cancellation);
        await using var lab = await SitesLab.TakeAsync(made.Name, made.Lab, made.Wan, time, cancellation);
        say($"the lab is up, its files are in {lab.Directory}");
        using var fabric = new FabricOperator(
            lab.Coordinator.Url, lab.Coordinator.Certificates, time, new(lab.Coordinator.Namespace));
        await UntilConnectedAsync(lab, fabric, cancellation);
        if (options.Has(SitesPart.Move) || options.Has(SitesPart.Broken))
        {
            await new FabricSites(options, lab, fabric, SitesGuest.Spec(made, facts), _log, time).RunAsync(cancellation);
            await new QemuSites(options, lab, facts, _log, time).RunAsync(cancellation);
        }

        if (options.Has(SitesPart.Lan))
        {
            await new LanSites(options, lab, fabric, facts, _log, time).RunAsync(cancellation);
            await new QemuLan(options, lab, facts, _log, time).RunAsync(cancellation);
        }

        var wan = await lab.WanAsync(cancellation);
        return new SitesBenchReport
        {
            QemuVersion = $"{facts.Version} ({facts.Accelerator})",
            WanBitsPerSecond = options.Wan.BytesPerSecond * 8,
            RoundTripMs = 2 * options.Wan.Delay.TotalMilliseconds,
            MemoryBytes = options.MemoryBytes,
            DiskBytes = options.DiskBytes,
            WriteBytesPerSecond = options.WriterKiBPerSecond * 1024L,
            WrittenBytes = (long)options.WriterMiB << 20,
            Processors = Environment.ProcessorCount,
            LoadAverage = [load, LabTool.LoadAverage()],
            WanLateMsMax = wan.Wire?.LateMsMax ?? 0,
            AcknowledgedBlocks = _log.AcknowledgedBlocks,
            LostBlocks = _log.LostBlocks,
            Moves = _log.Moves,
            Lan = _log.Lan,
            Bars = SitesBars.Of(_log.Moves, _log.Lan),
        };
    }

    private async Task UntilConnectedAsync(SitesLab lab, FabricOperator fabric, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while ((await fabric.ConnectedHostsAsync(cancellation)).Count < lab.Hosts.Count())
        {
            if (time.GetElapsedTime(began) > HostsWithin)
                throw new LabException($"Not all hosts connected in {HostsWithin.TotalSeconds:0} s.");
            await Task.Delay(LookEvery, time, cancellation);
        }
    }
}
