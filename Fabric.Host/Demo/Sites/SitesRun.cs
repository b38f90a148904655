using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Sites;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>
/// A guest with a web server and a disk boots at one site; a client downloads from it without end; it moves over the
/// WAN to the other site, with at most one break. It is a case of the fault suite, with a client and a disk of its own.
/// </summary>
internal sealed class SitesRun(SitesOptions options, FaultCase? fault, CaseScreen screen, TimeProvider time)
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);

    /// <summary>Runs it; of a lab that it made itself nothing is left, however it ends.</summary>
    /// <exception cref="LabException">It could not be carried out.</exception>
    public async Task<SitesReport> RunAsync(CancellationToken cancellation)
    {
        var facts = await LabMachines.Hypervisor(options.Lab, time).ProbeAsync(cancellation);
        var spec = SitesGuest.Spec(options, facts);
        screen.Say("two sites are made: four hosts, three routers, a client, a coordinator, a WAN");
        await using var lab = await SitesLab.TakeAsync(options.Name, options.Lab, options.Wan, time, cancellation);
        var kept = lab.IsOwn && options.Lab.Keep ? ", and it will be kept: deploy/lab/down --name " + lab.Name : "";
        screen.Say($"the lab is up, its files are in {lab.Directory}{kept}");
        var run = options.Lab with { DiskFillBytes = options.Disk ? options.DiskFillBytes : 0 };
        if (Breaker.NeedsHold(fault, run))
        {
            await lab.HoldAsync(fault!.At);
            screen.Say($"the coordinator starts anew, to hold the migration at {FaultNames.WordOf(fault.At)}");
        }

        var disk = new SitesDisk(lab, options);
        if (options.Disk)
            await disk.MakeAsync(cancellation);
        await using var scene = new CaseScene(lab, run, spec, $"{facts.Version} ({facts.Accelerator})", time)
        {
            LeftoversOf = spec.Id,
        };
        await using var client = new SitesClient(lab, options, disk, scene, screen, time);
        scene.Witness = client;
        try
        {
            var move = await new CaseRun(scene, fault, screen, time).RunAsync(cancellation);
            var ofDisk = options.Disk ? await CheckDiskAsync(disk, scene, cancellation) : null;
            return new SitesReport
            {
                Move = move,
                From = lab.Source.Name,
                To = lab.Target.Name,
                Client = client.Seen,
                RoundTripMsBefore = client.Near,
                RoundTripMsAfter = client.Far,
                Disk = ofDisk,
                Wan = client.Wan(
                    spec.MemoryBytes() + run.DiskFillBytes,
                    carried => Extra(carried, client.Progress, ofDisk, client.KnownBefore)),
                Channels = client.Progress,
            };
        }
        finally
        {
            if (!lab.IsOwn)
                await ClearAsync(lab, scene.Fabric, disk, spec.Id);
        }
    }

    // What had to cross is what lay on the disk, what was written to it until it moved, and the memory.
    private long? Extra(long carried, TransferProgress? progress, DiskReport? disk, long knownBefore)
    {
        if (progress is null || disk is not { NewestAtSwitchover: { } newest })
            return null;
        var written = Math.Min(knownBefore, SitesDisk.Blocks(options)) + newest - knownBefore;
        var needed = options.DiskFillBytes + (written * WrittenBlocks.BlockBytes) + progress.MemoryWireBytes;
        return Math.Max(0, carried - needed);
    }

    private async Task<DiskReport> CheckDiskAsync(SitesDisk disk, CaseScene scene, CancellationToken cancellation)
    {
        screen.Say("the guest is ended, and its disk compared with what it was told");
        var last = scene.Watch.Tracks.LastOrDefault(t => t.RunsNow);
        await scene.Fabric.StopVmAsync(scene.Spec.Id, cancellation);
        try
        {
            await Task.WhenAll(scene.Watch.Tracks.Where(t => t.Appeared.IsCompleted).Select(t => t.Gone))
                .WaitAsync(EndsWithin, time, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new LabException("The guest's process does not end.", e);
        }

        var acknowledged = scene.Watch.Tracks.Select(t => t.Console.LastAcknowledged).OfType<DiskAcknowledgement>()
            .MaxBy(a => a.Number) ?? throw new LabException("The guest's disk writer said nothing.");
        var moved = string.Equals(last?.Host, scene.Lab.Target, StringComparison.Ordinal);
        return await disk.CheckAsync(acknowledged, moved, cancellation);
    }

    /// <summary>A lab that stays is left as it was found.</summary>
    private async Task ClearAsync(SitesLab lab, FabricOperator fabric, SitesDisk disk, VmId vm)
    {
        try
        {
            await fabric.RemoveVmAsync(vm, CancellationToken.None);
            disk.Remove();
            // One that was to hold and never came to it would hold the next one's migration.
            await lab.HoldAsync(FaultStage.Off);
        }
        catch (LabException e)
        {
            // Not in the place of what went wrong before.
            lab.ForgetHold();
            screen.Say($"the lab '{options.Name}' is not as it was: {e.Message}");
        }
    }
}
