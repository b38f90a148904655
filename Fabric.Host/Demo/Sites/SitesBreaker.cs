using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>
/// Breaks one thing in the lab of two sites. In storage sync and pre-copy it comes while bytes flow, in the others
/// while the coordinator holds the migration at the stage's beginning.
/// </summary>
internal sealed class SitesBreaker(
    SitesLab lab, MachineWatch watch, FabricOperator fabric, SitesOptions options, FaultCase fault, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Whether the coordinator is to hold the migration for this.</summary>
    public static bool NeedsHold(FaultCase? fault) =>
        fault is { At: not (FaultStage.StorageSync or FaultStage.PreCopy) };

    /// <summary>Waits for the moment, breaks, lets go, and mends.</summary>
    public async Task<BreakReport> RunAsync(
        JournalFollower journal, Action<BreakReport> broke, CancellationToken cancellation)
    {
        var before = await CarriedAsync(cancellation);
        await MomentAsync(journal, before, cancellation);
        var report = new BreakReport(
            FaultNames.WordOf(journal.Stage), journal.Record.Attempts, WhatHappens(), Armed: false, time.GetUtcNow(),
            WireBytes: await CarriedAsync(cancellation) - before);
        await BreakAsync(cancellation);
        broke(report);
        if (fault.Who != FaultVictim.Coordinator)
            await ReleaseAsync(cancellation);
        if (fault.Action == FaultAction.Kill)
            return report;
        try
        {
            await Task.Delay(fault.For, time, cancellation);
        }
        finally
        {
            if (fault.Who == FaultVictim.NodeLink)
                lab.CutCoordinatorOff(off: false);
        }

        return report with { Until = time.GetUtcNow() };
    }

    private async Task MomentAsync(JournalFollower journal, long before, CancellationToken cancellation)
    {
        var stage = FaultNames.KindOf(fault.At);
        await journal.UntilAsync(s => s.Stage.Kind == stage, cancellation);
        var bytes = fault.At switch
        {
            // In the middle of the copy.
            FaultStage.StorageSync when options.Disk => options.DiskFillBytes / 2,
            FaultStage.PreCopy => fault.AfterBytes,
            _ => 0,
        };
        while (bytes > 0 && journal.Stage == stage && await CarriedAsync(cancellation) - before < bytes)
            await Task.Delay(LookEvery, time, cancellation);
    }

    private async Task BreakAsync(CancellationToken cancellation)
    {
        switch (fault.Who)
        {
            case FaultVictim.DataLink:
                await lab.CutWanAsync(fault.For, cancellation);
                break;
            case FaultVictim.NodeLink:
                lab.CutCoordinatorOff(off: true);
                break;
            case FaultVictim.TargetVm:
                await KillTargetAsync(cancellation);
                break;
            case FaultVictim.Coordinator:
                // A killed coordinator holds nothing any more, and the next one shall not either.
                lab.SetHold(FaultStage.Off);
                await lab.KillAsync(SitesLab.CoordinatorName);
                break;
            default:
                await lab.KillAsync(fault.Who == FaultVictim.SourceAgent ? lab.Source.Name : lab.Target.Name);
                break;
        }
    }

    private async Task KillTargetAsync(CancellationToken cancellation)
    {
        var copy = await watch.FirstOnAsync(lab.Target.Name, cancellation);
        await copy.Appeared.WaitAsync(cancellation);
        copy.KilledOnPurpose = true;
        if (!await LabMachines.Hypervisor(options.Lab, time).KillAsync(copy.Files.Path, cancellation))
            throw new LabException($"The hypervisor process of {copy.Name} was gone before it could be killed.");
        await copy.Gone.WaitAsync(cancellation);
    }

    private async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (NeedsHold(fault))
            await fabric.ReleaseHoldAsync(cancellation);
    }

    private async Task<long> CarriedAsync(CancellationToken cancellation)
    {
        var wan = await lab.WanAsync(cancellation);
        return wan.BytesThere + wan.BytesBack;
    }

    private string WhatHappens()
    {
        var seconds = fault.For.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return fault.Who switch
        {
            FaultVictim.DataLink => $"cut the WAN between the sites for {seconds} s",
            FaultVictim.NodeLink => $"cut the coordinator off for {seconds} s",
            FaultVictim.TargetVm => "killed the hypervisor process of the target",
            FaultVictim.Coordinator => "killed the coordinator's node",
            FaultVictim.SourceAgent => $"killed the node {lab.Source.Name}",
            _ => $"killed the node {lab.Target.Name}",
        };
    }
}
