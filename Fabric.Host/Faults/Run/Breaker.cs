using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Truth;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// Breaks one thing at one stage. The coordinator holds the migration when it has entered the stage, with nothing done
/// in it yet; then the break comes, then the hold is released, and what has a length is mended when it is over. Two
/// differ: pre-copy, and storage sync where there is a disk, are broken while their bytes flow, and a data link that is cut
/// in stop-and-copy at the moment when the source's vCPUs stop, for a few milliseconds later there is nothing left to send.
/// </summary>
internal sealed class Breaker(
    LabCluster cluster, MachineWatch watch, FabricOperator fabric, LabOptions options, FaultCase fault,
    TimeProvider time)
{
    private const long ArmedBytes = 128L << 10;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(2);

    private bool _released;

    /// <summary>Whether nothing is held for this: the break is to come in the middle of a copy.</summary>
    public static bool ComesWhileBytesFlow(FaultCase fault, LabOptions options) =>
        fault.At == FaultStage.PreCopy || (fault.At == FaultStage.StorageSync && options.HasDisk);

    /// <summary>Waits for the moment, breaks, lets go, and mends.</summary>
    /// <param name="journal">Where the migration stands.</param>
    /// <param name="broke">Hears of the break when it comes.</param>
    /// <param name="cancellation">Mends at once.</param>
    public async Task<BreakReport> RunAsync(
        JournalFollower journal, Action<BreakReport> broke, CancellationToken cancellation)
    {
        await MomentAsync(journal, cancellation);
        var (report, mended) = await BreakAsync(journal, cancellation);
        broke(report);
        if (!MustMendFirst)
            await ReleaseAsync(cancellation);
        await mended;
        if (fault.Action == FaultAction.Kill)
            return report;
        report = report with { Until = time.GetUtcNow() };
        await ReleaseAsync(cancellation);
        return report;
    }

    // Who does not get time cannot be told to go on.
    private bool MustMendFirst => fault is { Who: FaultVictim.Coordinator, Action: not FaultAction.Kill };

    private async Task MomentAsync(JournalFollower journal, CancellationToken cancellation)
    {
        if (ComesWhileBytesFlow(fault, options))
        {
            var flowing = FaultNames.KindOf(fault.At);
            var bytes = flowing == StageKind.StorageSync ? options.DiskFillBytes / 2 : fault.AfterBytes;
            await journal.UntilAsync(s => s.Stage.Kind == flowing, cancellation);
            // In pre-copy, the disk's bytes have crossed before.
            var before = flowing == StageKind.PreCopy && options.HasDisk ? cluster.DataLinks.Sum(l => l.Bytes) : 0;
            while (cluster.DataLinks.Sum(l => l.Bytes) - before < bytes && journal.Stage == flowing)
                await Task.Delay(LookEvery, time, cancellation);
        }
        else if (fault is { At: FaultStage.StopAndCopy, Who: FaultVictim.DataLink, Action: FaultAction.Cut })
        {
            await journal.UntilAsync(s => s.Stage.Kind == StageKind.PreCopy, cancellation);
            while (watch.Tracks.Any(t => t.RunsNow))
                await Task.Delay(LookEvery, time, cancellation);
        }
        else
        {
            var stage = FaultNames.KindOf(fault.At);
            await journal.UntilAsync(s => s.Stage.Kind == stage, cancellation);
        }
    }

    private async Task<(BreakReport Report, Task Mended)> BreakAsync(
        JournalFollower journal, CancellationToken cancellation) => fault.Who switch
        {
            FaultVictim.SourceAgent => await NodeAsync(journal, [LabCluster.Source], cancellation),
            FaultVictim.TargetAgent => await NodeAsync(journal, [LabCluster.Target], cancellation),
            FaultVictim.Coordinator or FaultVictim.Journal =>
                await NodeAsync(journal, [LabCluster.CoordinatorName], cancellation),
            FaultVictim.Ledger => await NodeAsync(journal, [LabCluster.Source, LabCluster.Target], cancellation),
            FaultVictim.SourceVm => await VmAsync(journal, LabCluster.Source, cancellation),
            FaultVictim.TargetVm => await VmAsync(journal, LabCluster.Target, cancellation),
            FaultVictim.DataLink => await DataLinkAsync(journal, cancellation),
            FaultVictim.NodeLink => Links(journal, cluster.NodeLinks, "node links", "", cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(journal), fault.Who, "not a victim"),
        };

    private async Task<(BreakReport Report, Task Mended)> NodeAsync(
        JournalFollower journal, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var nodes = names.Select(n => cluster.Nodes[n]).ToList();
        var who = string.Join(" and ", names);
        if (fault.Action != FaultAction.Kill)
            return ForATime(
                journal, [.. nodes.Select(n => (Func<int?>)(() => n.ProcessId))], $"node {who}", cancellation);
        if (fault.Who == FaultVictim.Coordinator)
        {
            // A killed coordinator holds nothing any more, and the next one shall not either.
            cluster.ForgetHold();
            _released = true;
        }

        var report = Report(journal, $"killed the node {who}");
        foreach (var node in nodes)
        {
            if (!await node.KillAsync())
                throw new LabException($"Node {node.Name} was not running when it was to be killed.");
        }

        return (report, Task.CompletedTask);
    }

    private async Task<(BreakReport Report, Task Mended)> VmAsync(
        JournalFollower journal, string host, CancellationToken cancellation)
    {
        var next = watch.FirstOnAsync(host, cancellation);
        var armed = !next.IsCompleted;
        if (armed)
            await ReleaseAsync(cancellation);
        var copy = await next;
        await copy.Appeared.WaitAsync(cancellation);
        if (fault.Action != FaultAction.Kill)
        {
            var (report, mended) = ForATime(
                journal, [() => copy.IsAlive ? copy.ProcessId : null], $"hypervisor process of {copy.Name}",
                cancellation);
            return (report with { Armed = armed }, mended);
        }

        return (await KillAsync(journal, copy, host, armed, cancellation), Task.CompletedTask);
    }

    private async Task<BreakReport> KillAsync(
        JournalFollower journal, CopyTrack copy, string host, bool armed, CancellationToken cancellation)
    {
        var report = Report(journal, $"killed the hypervisor process of {copy.Name}", armed);
        var hypervisor = LabMachines.Hypervisor(options, time);
        using var ledger = new LedgerWatch(cluster.LedgerOf(host), VmId.Of(CaseRun.VmName), time);
        var known = await ledger.CountAsync(cancellation);
        copy.KilledOnPurpose = true;
        if (!await hypervisor.KillAsync(copy.Files.Path, cancellation))
            throw new LabException($"The hypervisor process of {copy.Name} was gone before it could be killed.");
        await copy.Gone.WaitAsync(cancellation);

        // Released a moment earlier, the agent might still say what was true before.
        await ledger.UntilMoreThanAsync(known, cancellation);
        return report;
    }

    private async Task<(BreakReport Report, Task Mended)> DataLinkAsync(
        JournalFollower journal, CancellationToken cancellation)
    {
        var early = fault.At is FaultStage.PreMigration or FaultStage.Reservation or FaultStage.StorageSync;
        if (!early || fault.Action != FaultAction.Cut || ComesWhileBytesFlow(fault, options))
        {
            var when = fault is { At: FaultStage.StopAndCopy, Action: FaultAction.Cut }
                ? ", just after the source paused"
                : "";
            return Links(journal, cluster.DataLinks, "data connections", when, cancellation);
        }

        foreach (var link in cluster.DataLinks)
            link.CutAfter(ArmedBytes, fault.For);
        await ReleaseAsync(cancellation);
        var struck = Task.WhenAny(cluster.DataLinks.Select(l => l.Struck));
        var ended = journal.UntilAsync(s => s.Stage.Kind is StageKind.Over, cancellation);
        await Task.WhenAny(struck, ended);
        var what = struck.IsCompleted ? "reset the data link's first connection" : "no data link was made";
        return (Report(journal, what, armed: true), Task.Delay(fault.For, time, cancellation));
    }

    private (BreakReport Report, Task Mended) Links(
        JournalFollower journal, IReadOnlyList<TcpProxy> links, string what, string when,
        CancellationToken cancellation)
    {
        var report = Report(journal, "");
        var seconds = Number(fault.For.TotalSeconds);
        var mended = Task.Delay(fault.For, time, cancellation);
        switch (fault.Action)
        {
            case FaultAction.Cut:
                var cut = links.Sum(l => l.Cut(fault.For));
                return (report with { What = $"reset {Number(cut)} {what}, refused new ones for {seconds} s{when}" },
                    mended);
            case FaultAction.Stop:
                foreach (var link in links)
                    link.Stall(fault.For);
                return (report with { What = $"stalled all {what} for {seconds} s" }, mended);
            case FaultAction.Slow:
                foreach (var link in links)
                    link.Slow(fault.For, fault.BytesPerSecond);
                var rate = Number(fault.BytesPerSecond / 1e6);
                return (report with { What = $"slowed all {what} to {rate} MB/s for {seconds} s" }, mended);
            default:
                throw new ArgumentOutOfRangeException(nameof(links), fault.Action, "not for links");
        }
    }

    private (BreakReport Report, Task Mended) ForATime(
        JournalFollower journal, IReadOnlyList<Func<int?>> victims, string who, CancellationToken cancellation)
    {
        var seconds = Number(fault.For.TotalSeconds);
        var doing = new ProcessFault(victims, time);
        var (what, mended) = fault.Action switch
        {
            FaultAction.Stop => ($"stopped the {who} for {seconds} s", doing.StopAsync(fault.For, cancellation)),
            FaultAction.Slow =>
                ($"gave the {who} a tenth of its time for {seconds} s", doing.SlowAsync(fault.For, cancellation)),
            FaultAction.DiskFull =>
                ($"filled the disk of the {who} for {seconds} s", doing.FillDiskAsync(fault.For, cancellation)),
            _ => throw new ArgumentOutOfRangeException(nameof(victims), fault.Action, "not for processes"),
        };
        return (Report(journal, what), mended);
    }

    /// <summary>Once, where something is held.</summary>
    private async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (_released || ComesWhileBytesFlow(fault, options))
            return;
        _released = true;
        await fabric.ReleaseHoldAsync(cancellation);
    }

    private static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);

    private BreakReport Report(JournalFollower journal, string what, bool armed = false) => new(
        FaultNames.WordOf(journal.Stage), journal.Record.Attempts, what, armed, time.GetUtcNow(),
        WireBytes: cluster.DataLinks.Sum(l => l.Bytes));
}
