using System.Globalization;
using Fabric.Drivers.Qemu;
using Fabric.Host.Configuration;
using Fabric.Host.Demo.Lab;
using Fabric.Host.Demo.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Demo;

/// <summary>What was broken, and where the migration stood by its journal when it was.</summary>
/// <param name="Stage">The durable stage at the moment of the break.</param>
/// <param name="Attempt">The attempt under way.</param>
/// <param name="What">In words.</param>
/// <param name="Armed">There was nothing to break at that stage yet; it was broken as soon as there was.</param>
/// <param name="At">When.</param>
public sealed record BreakReport(string Stage, int Attempt, string What, bool Armed, DateTimeOffset At);

/// <summary>
/// Breaks one thing at one stage. The coordinator holds the migration when it has entered the stage, with nothing done
/// in it yet; then the break comes, then the hold is released. Two differ: pre-copy is broken while its bytes flow, and
/// the data link in stop-and-copy at the moment when the source's vCPUs stop, for a few milliseconds later there is
/// nothing left to send.
/// </summary>
internal sealed class Breaker(
    DemoCluster cluster, MachineWatch watch, DemoFabric fabric, DemoOptions options, TimeProvider time)
{
    private const long FlowingBytes = 8L << 20;
    private const long ArmedBytes = 1L << 20;
    private static readonly TimeSpan DataOutage = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NodeOutage = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(2);

    /// <summary>Waits for the moment, breaks, and lets go.</summary>
    public async Task<BreakReport> RunAsync(JournalFollower journal, CancellationToken cancellation)
    {
        await MomentAsync(journal, cancellation);
        var wanted = options.Kill!.Value;
        var report = wanted switch
        {
            DemoVictim.TargetVm => await TargetVmAsync(journal, cancellation),
            DemoVictim.TargetAgent => await NodeAsync(DemoCluster.Target, journal),
            DemoVictim.SourceAgent => await NodeAsync(DemoCluster.Source, journal),
            DemoVictim.Coordinator => await CoordinatorAsync(journal),
            DemoVictim.DataLink => await DataLinkAsync(journal, cancellation),
            DemoVictim.NodeLink => NodeLink(journal),
            _ => throw new ArgumentOutOfRangeException(nameof(journal), wanted, "not a victim"),
        };
        if (!report.Armed)
            await ReleaseAsync(cancellation);
        return report;
    }

    private async Task MomentAsync(JournalFollower journal, CancellationToken cancellation)
    {
        if (options.At == FaultStage.PreCopy)
        {
            await journal.UntilAsync(s => s.Stage.Kind == StageKind.PreCopy, cancellation);
            while (cluster.DataLinks.Sum(l => l.Bytes) < FlowingBytes)
                await Task.Delay(LookEvery, time, cancellation);
        }
        else if (options is { At: FaultStage.StopAndCopy, Kill: DemoVictim.DataLink })
        {
            await journal.UntilAsync(s => s.Stage.Kind == StageKind.PreCopy, cancellation);
            while (watch.Tracks.Any(t => t.RunsNow))
                await Task.Delay(LookEvery, time, cancellation);
        }
        else
        {
            var stage = DemoNames.KindOf(options.At);
            await journal.UntilAsync(s => s.Stage.Kind == stage, cancellation);
        }
    }

    private async Task<BreakReport> TargetVmAsync(JournalFollower journal, CancellationToken cancellation)
    {
        var next = watch.FirstOnAsync(DemoCluster.Target, cancellation);
        var armed = !next.IsCompleted;
        if (armed)
            await ReleaseAsync(cancellation);
        var copy = await next;
        await copy.Appeared.WaitAsync(cancellation);
        var report = Report(journal, $"killed the hypervisor process of {copy.Name}", armed);
        var hypervisor = DemoMachines.Hypervisor(options, time);
        using var ledger = new LedgerWatch(cluster.LedgerOf(DemoCluster.Target), VmId.Of(DemoRun.VmName), time);
        var known = await ledger.CountAsync(cancellation);
        if (!await hypervisor.KillAsync(copy.Files.Path, cancellation))
            throw new DemoException($"The hypervisor process of {copy.Name} was gone before it could be killed.");
        await copy.Gone.WaitAsync(cancellation);

        // Released a moment earlier, the agent might still say what was true before.
        await ledger.UntilMoreThanAsync(known, cancellation);
        return report;
    }

    private async Task<BreakReport> NodeAsync(string name, JournalFollower journal)
    {
        var report = Report(journal, $"killed the node {name}");
        if (!await cluster.Nodes[name].KillAsync())
            throw new DemoException($"Node {name} was not running when it was to be killed.");
        return report;
    }

    private async Task<BreakReport> CoordinatorAsync(JournalFollower journal)
    {
        cluster.ForgetHold();
        return await NodeAsync(DemoCluster.CoordinatorName, journal);
    }

    private async Task<BreakReport> DataLinkAsync(JournalFollower journal, CancellationToken cancellation)
    {
        if (options.At is FaultStage.PreMigration or FaultStage.Reservation or FaultStage.StorageSync)
        {
            foreach (var link in cluster.DataLinks)
                link.CutAfter(ArmedBytes, DataOutage);
            await ReleaseAsync(cancellation);
            var struck = Task.WhenAny(cluster.DataLinks.Select(l => l.Struck));
            var ended = journal.UntilAsync(s => s.Stage.Kind is StageKind.Over, cancellation);
            await Task.WhenAny(struck, ended);
            var what = struck.IsCompleted ? "reset the data link's first connection" : "no data link was made";
            return Report(journal, what, armed: true);
        }

        var report = Report(journal, "");
        var cut = cluster.DataLinks.Sum(l => l.Cut(DataOutage));
        var when = options.At == FaultStage.StopAndCopy ? ", just after the source paused" : "";
        return report with { What = $"reset {Count(cut)} data connections, refused new ones for 1 s{when}" };
    }

    private BreakReport NodeLink(JournalFollower journal)
    {
        var report = Report(journal, "");
        var cut = cluster.NodeLinks.Sum(l => l.Cut(NodeOutage));
        return report with { What = $"reset {Count(cut)} node links, refused new ones for 3 s" };
    }

    private static string Count(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>In pre-copy nothing is held, and a killed coordinator holds nothing any more.</summary>
    private async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (options.At != FaultStage.PreCopy && options.Kill != DemoVictim.Coordinator)
            await fabric.ReleaseHoldAsync(cancellation);
    }

    private BreakReport Report(JournalFollower journal, string what, bool armed = false) => new(
        DemoNames.WordOf(journal.Stage), journal.Record.Attempts, what, armed, time.GetUtcNow());
}
