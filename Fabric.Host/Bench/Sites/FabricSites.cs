using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults.Truth;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// The guest with its disk, moved by the fabric from site to site and back, in one lab: undisturbed, with a cut of the
/// WAN, and with the target's agent killed, each in the middle of the disk's copy.
/// </summary>
internal sealed class FabricSites(
    SitesBenchOptions options, SitesLab lab, FabricOperator fabric, VmSpec spec, SitesBenchLog log, TimeProvider time)
{
    private const int BlocksPerMiB = 256;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan HostsWithin = TimeSpan.FromSeconds(60);

    private readonly SiteClient _client = new(lab, SitesGuest.Server, time);

    /// <summary>All of them; then the disk is compared with what the guest was told of it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await new SitesDisk(lab, options.Lab()).MakeAsync(cancellation);
        // Its writer has gone round once: the disk takes no more room from then on.
        await using var guest = await BenchGuestVm.BootAsync(
            lab, fabric, spec, lab.Source, options.WriterMiB * BlocksPerMiB, options.Lab().Lab.SettleWithin, time,
            cancellation);
        var quiet = options.Has(SitesPart.Move) ? options.Runs : options.BrokenRuns;
        for (var run = 0; run < quiet; run++)
            await MoveAsync(guest, null, cancellation);
        if (options.Has(SitesPart.Broken))
        {
            for (var run = 0; run < options.BrokenRuns; run++)
                await MoveAsync(guest, BrokenSites.Cut, cancellation);
            for (var run = 0; run < options.BrokenRuns; run++)
                await MoveAsync(guest, BrokenSites.Kill, cancellation);
        }

        await guest.StopAsync(cancellation);
        await CheckDiskAsync(guest, cancellation);
        await fabric.RemoveVmAsync(spec.Id, cancellation);
    }

    private async Task MoveAsync(BenchGuestVm guest, string? broke, CancellationToken cancellation)
    {
        var from = guest.At;
        var to = from == lab.Source ? lab.Target : lab.Source;
        var image = Path.Combine(from.Disks, SitesGuest.Image);
        var kept = Path.Combine(lab.Directory, "kept.qcow2");
        // The fabric removes the source's image when the guest has moved; what it took is looked at then.
        await LabTool.RunAsync("ln", ["-f", image, kept], cancellation);
        var allocated = await LabTool.AllocatedBytesAsync(kept, cancellation);
        await using var download = await _client.BeginAsync(cancellation);
        var before = await lab.WanAsync(cancellation);
        var move = await guest.MoveAsync(
            to, (journal, stop) => BreakAsync(broke, to, journal, before, allocated / 2, stop), cancellation);
        var after = await lab.WanAsync(cancellation);
        var seen = await _client.EndAsync(download, cancellation);
        allocated = await LabTool.AllocatedBytesAsync(kept, cancellation);
        File.Delete(kept);
        log.Note(new SiteMove
        {
            Way = SiteWay.Fabric,
            Broke = broke,
            From = from.Name,
            To = to.Name,
            WanBytes = WanCount.Bytes(before, after),
            WanFrames = WanCount.Frames(before, after),
            AllocatedBytes = allocated,
            DiskBytes = move.Channels?.Disks?.Sum(d => d.WireBytes),
            MemoryBytes = move.Channels?.MemoryWireBytes,
            TotalMs = move.TotalMs,
            BlackoutMs = seen.LargestGapMs,
            UsualGapMs = seen.UsualGapMs,
            PausedMs = move.PausedMs,
            DowntimeMs = move.DowntimeMs,
            Attempts = move.Attempts,
            Clean = seen.Survived && guest.IsWell,
        });
        await UntilConnectedAsync(cancellation);
    }

    private async Task BreakAsync(
        string? broke, LabHost to, JournalFollower journal, ImpairCounters before, long bytes,
        CancellationToken cancellation)
    {
        if (broke is null)
            return;
        await journal.UntilAsync(s => s.Stage.Kind == StageKind.StorageSync, cancellation);
        while (WanCount.Bytes(before, await lab.WanAsync(cancellation)) < bytes)
            await Task.Delay(LookEvery, time, cancellation);
        if (journal.Stage != StageKind.StorageSync)
            throw new LabException($"Half of the disk was through only in {journal.Stage}: nothing was broken in its copy.");
        if (string.Equals(broke, BrokenSites.Cut, StringComparison.Ordinal))
            await lab.CutWanAsync(options.Cut, cancellation);
        else
            await lab.KillAsync(to.Name);
        log.Say($"{"",-12}BROKE: {broke}, with half of the disk through");
    }

    /// <summary>A node that was killed is back, before the next move counts on it.</summary>
    private async Task UntilConnectedAsync(CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while ((await fabric.ConnectedHostsAsync(cancellation)).Count < lab.Hosts.Count())
        {
            if (time.GetElapsedTime(began) > HostsWithin)
                throw new LabException("A host did not connect again.");
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private async Task CheckDiskAsync(BenchGuestVm guest, CancellationToken cancellation)
    {
        var raw = Path.Combine(lab.Directory, "last.raw");
        await LabTool.RunAsync(
            "qemu-img",
            ["convert", "-f", "qcow2", "-O", "raw", Path.Combine(guest.At.Disks, SitesGuest.Image), raw], cancellation);
        await using (var image = File.OpenRead(raw))
        {
            var found = WrittenBlocks.Read(image, options.WriterMiB * BlocksPerMiB, guest.Acknowledged);
            log.AcknowledgedBlocks = found.Acknowledged;
            log.LostBlocks = found.Lost;
        }

        File.Delete(raw);
    }
}
