using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// Breaks one thing at one stage. The coordinator holds the migration when it has entered the stage, with nothing done
/// in it yet; then the break comes, then the hold is released, and what has a length is mended when it is over. Two
/// differ: pre-copy, and storage sync where there is a disk, are broken while their bytes flow, and a data link that is cut
/// in stop-and-copy at the moment when the source's vCPUs stop, for a few milliseconds later there is nothing left to send.
/// And what the target turns its network with is broken before that moment, for then it turns; it is mended so long after it.
/// </summary>
internal sealed class Breaker(CaseScene scene, FaultCase fault, TimeProvider time)
{
    private const long ArmedBytes = 128L << 10;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    private readonly ICaseLab _lab = scene.Lab;
    private readonly LabOptions _options = scene.Options;
    private bool _released;

    /// <summary>Whether the coordinator is to hold the migration for this.</summary>
    public static bool NeedsHold(FaultCase? fault, LabOptions options) =>
        fault is not (null or { Who: FaultVictim.TargetNetwork, At: FaultStage.StopAndCopy })
        && !ComesWhileBytesFlow(fault, options);

    /// <summary>Whether nothing is held for this: the break is to come in the middle of a copy.</summary>
    public static bool ComesWhileBytesFlow(FaultCase fault, LabOptions options) =>
        fault.At == FaultStage.PreCopy || (fault.At == FaultStage.StorageSync && options.HasDisk);

    /// <summary>Waits for the moment, breaks, lets go, and mends.</summary>
    /// <param name="journal">Where the migration stands.</param>
    /// <param name="began">What the data link had carried when the migration was asked for.</param>
    /// <param name="broke">Hears of the break when it comes.</param>
    /// <param name="cancellation">Mends at once.</param>
    public async Task<BreakReport> RunAsync(
        JournalFollower journal, long began, Action<BreakReport> broke, CancellationToken cancellation)
    {
        await MomentAsync(journal, began, cancellation);
        var (report, mended) = await BreakAsync(journal, cancellation);
        report = report with { WireBytes = report.WireBytes - began };
        try
        {
            broke(report);
            if (!MustMendFirst)
                await ReleaseAsync(cancellation);
            await mended;
        }
        finally
        {
            // Whatever went wrong: the lab is not taken away under what still mends it.
            await Task.WhenAny(mended);
        }

        if (fault.Action == FaultAction.Kill)
            return report;
        report = report with { Until = time.GetUtcNow() };
        await ReleaseAsync(cancellation);
        return report;
    }

    // Who does not get time cannot be told to go on.
    private bool MustMendFirst => fault is { Who: FaultVictim.Coordinator, Action: not FaultAction.Kill };

    // The stage begins when the source stands still, and both hosts turn at once.
    private bool ComesBeforeThePause => fault is { Who: FaultVictim.TargetNetwork, At: FaultStage.StopAndCopy };

    private async Task MomentAsync(JournalFollower journal, long began, CancellationToken cancellation)
    {
        if (ComesWhileBytesFlow(fault, _options))
        {
            var flowing = FaultNames.KindOf(fault.At);
            var bytes = flowing == StageKind.StorageSync ? _options.DiskFillBytes / 2 : fault.AfterBytes;
            await journal.UntilAsync(s => s.Stage.Kind == flowing, cancellation);
            // In pre-copy, the disk's bytes have crossed before.
            var before = flowing == StageKind.PreCopy && _options.HasDisk
                ? await _lab.CarriedAsync(cancellation)
                : began;
            while (await _lab.CarriedAsync(cancellation) - before < bytes && journal.Stage == flowing)
                await Task.Delay(LookEvery, time, cancellation);
        }
        else if (fault is { At: FaultStage.StopAndCopy, Who: FaultVictim.DataLink, Action: FaultAction.Cut })
        {
            await journal.UntilAsync(s => s.Stage.Kind == StageKind.PreCopy, cancellation);
            while (scene.Watch.Tracks.Any(t => t.RunsNow))
                await Task.Delay(LookEvery, time, cancellation);
        }
        else if (ComesBeforeThePause)
        {
            await journal.UntilAsync(s => s.Stage.Kind >= StageKind.PreCopy, cancellation);
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
            FaultVictim.SourceAgent => await NodeAsync(journal, [_lab.Source], cancellation),
            FaultVictim.TargetAgent => await NodeAsync(journal, [_lab.Target], cancellation),
            FaultVictim.Coordinator or FaultVictim.Journal =>
                await NodeAsync(journal, [_lab.CoordinatorName], cancellation),
            FaultVictim.Ledger => await NodeAsync(journal, [_lab.Source, _lab.Target], cancellation),
            FaultVictim.SourceVm => await VmAsync(journal, _lab.Source, cancellation),
            FaultVictim.TargetVm => await VmAsync(journal, _lab.Target, cancellation),
            FaultVictim.DataLink => await DataLinkAsync(journal, cancellation),
            FaultVictim.NodeLink or FaultVictim.SourceNetwork or FaultVictim.TargetNetwork =>
                await PartAsync(journal, "", cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(journal), fault.Who, "not a victim"),
        };

    private async Task<(BreakReport Report, Task Mended)> NodeAsync(
        JournalFollower journal, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var who = string.Join(" and ", names);
        if (fault.Action != FaultAction.Kill)
            return await ForATimeAsync(
                journal, [.. names.Select(n => (Func<int?>)(() => _lab.ProcessOf(n)))], $"node {who}", cancellation);
        if (fault.Who == FaultVictim.Coordinator)
        {
            // A killed coordinator holds nothing any more, and the next one shall not either.
            _lab.ForgetHold();
            _released = true;
        }

        var report = await ReportAsync(journal, $"killed the node {who}", cancellation);
        foreach (var name in names)
            await _lab.KillAsync(name);
        return (report, Task.CompletedTask);
    }

    private async Task<(BreakReport Report, Task Mended)> VmAsync(
        JournalFollower journal, string host, CancellationToken cancellation)
    {
        var next = scene.Watch.FirstOnAsync(host, cancellation);
        var armed = !next.IsCompleted;
        if (armed)
            await ReleaseAsync(cancellation);
        var copy = await next;
        await copy.Appeared.WaitAsync(cancellation);
        if (fault.Action != FaultAction.Kill)
        {
            var (report, mended) = await ForATimeAsync(
                journal, [() => copy.IsAlive ? copy.ProcessId : null], $"hypervisor process of {copy.Name}",
                cancellation);
            return (report with { Armed = armed }, mended);
        }

        return (await KillAsync(journal, copy, host, armed, cancellation), Task.CompletedTask);
    }

    private async Task<BreakReport> KillAsync(
        JournalFollower journal, CopyTrack copy, string host, bool armed, CancellationToken cancellation)
    {
        var report = await ReportAsync(
            journal, $"killed the hypervisor process of {copy.Name}", cancellation, armed);
        var hypervisor = LabMachines.Hypervisor(_options, time);
        using var ledger = new LedgerWatch(_lab.LedgerOf(host), scene.Spec.Id, time);
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
        if (!early || fault.Action != FaultAction.Cut || ComesWhileBytesFlow(fault, _options)
            || !_lab.PartOf(fault.Who, scene.Spec).TryCutAfter(ArmedBytes, fault.For, out var struck))
        {
            var when = fault is { At: FaultStage.StopAndCopy, Action: FaultAction.Cut }
                ? ", just after the source paused"
                : "";
            return await PartAsync(journal, when, cancellation);
        }

        await ReleaseAsync(cancellation);
        var ended = journal.UntilAsync(s => s.Stage.Kind is StageKind.Over, cancellation);
        await Task.WhenAny(struck, ended);
        var what = struck.IsCompleted ? "reset the data link's first connection" : "no data link was made";
        return (await ReportAsync(journal, what, cancellation, armed: true), Task.Delay(fault.For, time, cancellation));
    }

    private async Task<(BreakReport Report, Task Mended)> PartAsync(
        JournalFollower journal, string when, CancellationToken cancellation)
    {
        var report = await ReportAsync(journal, "", cancellation);
        var since = ComesBeforeThePause
            ? journal.UntilAsync(s => s.Stage.Kind > StageKind.PreCopy, cancellation)
            : Task.CompletedTask;
        var (what, mended) = await _lab.PartOf(fault.Who, scene.Spec).BreakAsync(fault, since, cancellation);
        return (report with { What = what + when }, mended);
    }

    private async Task<(BreakReport Report, Task Mended)> ForATimeAsync(
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
        return (await ReportAsync(journal, what, cancellation), mended);
    }

    /// <summary>Once, where something is held.</summary>
    private async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (_released || !NeedsHold(fault, _options))
            return;
        _released = true;
        await scene.Fabric.ReleaseHoldAsync(cancellation);
    }

    private static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);

    // The bytes as they stand when it breaks, all of the link's.
    private async Task<BreakReport> ReportAsync(
        JournalFollower journal, string what, CancellationToken cancellation, bool armed = false) => new(
        FaultNames.WordOf(journal.Stage), journal.Record.Attempts, what, armed, time.GetUtcNow(),
        WireBytes: await _lab.CarriedAsync(cancellation));
}
