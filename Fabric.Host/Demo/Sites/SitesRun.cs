using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Truth;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>
/// A guest with a web server and a disk boots at one site; a client downloads from it without end; it moves over the
/// WAN to the other site, with at most one break. Then everybody is asked what they saw: the client, the hypervisors,
/// the journal, the guest, and the disks.
/// </summary>
internal sealed class SitesRun(SitesOptions options, FaultCase? fault, CaseScreen screen, TimeProvider time)
{
    private const int BeatsBefore = 20;
    private const int BeatsAfter = 20;
    private const int HostsOfLab = 4;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TidyWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan UsualFor = TimeSpan.FromSeconds(3);

    private readonly List<MigrationRecord> _migrations = [];
    private readonly List<string> _afterwards = [];

    /// <summary>Runs it; of a lab that it made itself nothing is left, however it ends.</summary>
    /// <exception cref="LabException">It could not be carried out.</exception>
    public async Task<SitesReport> RunAsync(CancellationToken cancellation)
    {
        var facts = await LabMachines.Hypervisor(options.Lab, time).ProbeAsync(cancellation);
        var spec = SitesGuest.Spec(options, facts);
        screen.Say("two sites are made: four hosts, three routers, a client, a coordinator, a WAN");
        await using var lab = await SitesLab.TakeAsync(options, time, cancellation);
        var kept = lab.IsOwn && options.Lab.Keep ? ", and it will be kept: deploy/lab/down --name " + lab.Name : "";
        screen.Say($"the lab is up, its files are in {lab.Directory}{kept}");
        using var fabric = new FabricOperator(
            lab.Coordinator.Url, lab.Coordinator.Certificates, time, new(lab.Coordinator.Namespace));
        await HoldAsync(lab, fabric, SitesBreaker.NeedsHold(fault) ? fault!.At : FaultStage.Off, cancellation);
        var disk = new SitesDisk(lab, options);
        if (options.Disk)
            await disk.MakeAsync(cancellation);
        await using var watch = new MachineWatch(
            lab.Hosts.ToDictionary(h => h.Name, h => SitesLab.CopiesOf(h, spec.Id), StringComparer.Ordinal), time,
            options.Disk ? [.. lab.Hosts.Select(h => h.Disks)] : []);
        try
        {
            await BootAsync(lab, watch, fabric, spec, cancellation);
            await using var client = options.Network ? await DownloadAsync(lab, cancellation) : null;
            var near = await DistanceAsync(lab, cancellation);
            var wanBefore = await lab.WanAsync(cancellation);
            if (options.Disk)
                disk.KeepSource();
            var knownBefore = Acknowledged(watch);
            var broke = await MoveAsync(lab, watch, fabric, spec.Id, cancellation);
            var wanAfter = await lab.WanAsync(cancellation);
            if (client is not null)
                await Task.Delay(UsualFor, time, cancellation);
            var download = client?.Report();
            var far = await DistanceAsync(lab, cancellation);
            var told = await fabric.GetMigrationAsync(_migrations[0].Plan.Id, cancellation);
            if (_migrations[0].Ended is { Outcome: not MigrationOutcome.Completed })
                await TryAgainAsync(lab, fabric, spec.Id, cancellation);
            var move = await JudgeAsync(lab, watch, fabric, spec, $"{facts.Version} ({facts.Accelerator})", broke,
                Carried(wanAfter) - Carried(wanBefore), cancellation);
            var allocated = spec.MemoryBytes() + (options.Disk ? options.DiskFillBytes : 0);
            var ofDisk = options.Disk ? await CheckDiskAsync(disk, watch, fabric, spec.Id, lab, cancellation) : null;
            return new SitesReport
            {
                Move = move,
                From = lab.Source.Name,
                To = lab.Target.Name,
                Client = download,
                RoundTripMsBefore = near,
                RoundTripMsAfter = far,
                Disk = ofDisk,
                Wan = new WanReport(
                    Carried(wanAfter) - Carried(wanBefore), allocated, 2 * wanAfter.DelayMs, wanAfter.BytesPerSecond,
                    wanAfter.Cuts - wanBefore.Cuts, wanAfter.Wire?.LateMsMax ?? 0,
                    Extra(Carried(wanAfter) - Carried(wanBefore), told.Transfer?.Progress, ofDisk, knownBefore)),
                Channels = told.Transfer?.Progress,
            };
        }
        finally
        {
            if (!lab.IsOwn)
                await ClearAsync(lab, fabric, disk, spec.Id);
        }
    }

    private static long Acknowledged(MachineWatch watch) =>
        watch.Tracks.Max(t => t.Console.LastAcknowledged?.Number) ?? 0;

    // What had to cross is what lay on the disk, what was written to it until it moved, and the memory.
    private long? Extra(long carried, TransferProgress? progress, DiskReport? disk, long knownBefore)
    {
        if (progress is null || disk is not { NewestAtSwitchover: { } newest })
            return null;
        var written = Math.Min(knownBefore, SitesDisk.Blocks(options)) + newest - knownBefore;
        var needed = options.DiskFillBytes + (written * WrittenBlocks.BlockBytes) + progress.MemoryWireBytes;
        return Math.Max(0, carried - needed);
    }

    private static long Carried(ImpairCounters wan) => wan.BytesThere + wan.BytesBack;

    private async Task HoldAsync(
        SitesLab lab, FabricOperator fabric, FaultStage stage, CancellationToken cancellation)
    {
        if (stage != FaultStage.Off)
        {
            lab.SetHold(stage);
            await lab.KillAsync(SitesLab.CoordinatorName);
            screen.Say($"the coordinator starts anew, to hold the migration at {FaultNames.WordOf(stage)}");
        }

        await UntilAsync(
            ReadyWithin, "all hosts to be connected",
            async () => (await fabric.ConnectedHostsAsync(cancellation)).Count == HostsOfLab, cancellation);
    }

    private async Task BootAsync(
        SitesLab lab, MachineWatch watch, FabricOperator fabric, VmSpec spec, CancellationToken cancellation)
    {
        await fabric.StartVmAsync(spec, lab.Source.Name, cancellation);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture, $"the guest boots with {spec.MemoryKiB} KiB on {lab.Source.Name}"));
        await UntilAsync(
            ReadyWithin, "the guest to write heartbeats",
            () => Task.FromResult(watch.Tracks.Any(t => t.Console.Last is { Seq: >= BeatsBefore })), cancellation);
        if (options.Disk)
        {
            await UntilAsync(
                ReadyWithin, "the guest to write its disk",
                () => Task.FromResult(watch.Tracks.Any(t => t.Console.LastAcknowledged is not null)), cancellation);
        }

        await UntilAsync(
            ReadyWithin, "the VM to be known as running", () => fabric.IsRunningAsync(spec.Id, cancellation),
            cancellation);
    }

    private async Task<Download> DownloadAsync(SitesLab lab, CancellationToken cancellation)
    {
        var client = await Download.StartAsync(
            lab.ClientPlace, SitesGuest.Server, options.DownloadKiBPerSecond, time, cancellation);
        try
        {
            await client.Flows.WaitAsync(ReadyWithin, time, cancellation);
            screen.Say("the client downloads");
            await Task.Delay(UsualFor, time, cancellation);
            client.Mark();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    private async Task<double?> DistanceAsync(SitesLab lab, CancellationToken cancellation) => options.Network
        ? await RoundTrip.MeasureAsync(lab.ClientPlace, SitesGuest.Server, time, cancellation)
        : null;

    private async Task<BreakReport?> MoveAsync(
        SitesLab lab, MachineWatch watch, FabricOperator fabric, VmId vm, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(options.Lab.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        await using var journal = await BeginAsync(lab, fabric, vm, either.Token);
        using var mend = CancellationTokenSource.CreateLinkedTokenSource(either.Token);
        var breaking = fault is null
            ? Task.FromResult<BreakReport?>(null)
            : BreakAsync(lab, watch, fabric, journal, mend.Token);
        try
        {
            await journal.UntilAsync(s => s.Stage is InCleanUp or Over or OnHold, either.Token);
            var report = await breaking;
            await journal.UntilAsync(s => s.Stage.Kind is StageKind.Over or StageKind.OnHold, either.Token);
            _migrations.Add(journal.Record);
            return report;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException(
                $"The migration did not end in {options.Lab.SettleWithin.TotalMinutes:0.#} minutes; " +
                $"it is at {journal.Stage}.");
        }
        finally
        {
            await mend.CancelAsync();
            await Task.WhenAny(breaking);
        }
    }

    private async Task<BreakReport?> BreakAsync(
        SitesLab lab, MachineWatch watch, FabricOperator fabric, JournalFollower journal,
        CancellationToken cancellation) =>
        await new SitesBreaker(lab, watch, fabric, options, fault!, time).RunAsync(journal, screen.Broke, cancellation);

    private async Task<JournalFollower> BeginAsync(
        SitesLab lab, FabricOperator fabric, VmId vm, CancellationToken cancellation)
    {
        var id = await fabric.MigrateAsync(vm, lab.Target.Name, cancellation);
        return new JournalFollower(lab.Journal, id, time, screen.Happened);
    }

    /// <summary>Rule 7: at once, with nothing broken.</summary>
    private async Task TryAgainAsync(
        SitesLab lab, FabricOperator fabric, VmId vm, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(options.Lab.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        lab.SetHold(FaultStage.Off);
        await HoldAsync(lab, fabric, FaultStage.Off, either.Token);
        screen.Say("the same migration again, with nothing broken");
        await using var journal = await BeginAsync(lab, fabric, vm, either.Token);
        try
        {
            await journal.UntilAsync(s => s.Stage.Kind is StageKind.Over or StageKind.OnHold, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            screen.Say($"the second migration did not end; its journal is at {journal.Stage}");
        }

        _migrations.Add(journal.Record);
        var ended = journal.Record.Ended;
        _afterwards.Add($"second migration: {ended?.Outcome.ToString() ?? "no outcome"} {ended?.Reason}".TrimEnd());
    }

    private string Owner() => _migrations[^1] switch
    {
        { Ended.Keeper: Keeper.Target } last => last.Plan.Target.Value,
        var last => last.Plan.Source.Value,
    };

    private async Task<CaseReport> JudgeAsync(
        SitesLab lab, MachineWatch watch, FabricOperator fabric, VmSpec spec, string version, BreakReport? broke,
        long wire, CancellationToken cancellation)
    {
        var owner = Owner();
        var leftovers = await LeftoversAsync(watch, fabric, spec.Id, owner, cancellation);
        var verified = await VerifyAsync(watch, owner, cancellation);
        var (history, faults) = await JournalCheck.ReadAsync(
            lab.Journal, spec.Id, _migrations.Select(m => m.Plan.Id), cancellation);
        var evidence = new Evidence([.. watch.Tracks.Select(CopyRecord.Of)], _migrations, leftovers)
        {
            VmHistory = history,
            JournalFaults = faults,
        };
        return CaseReport.Of(
            evidence, GuestCheck.Of(evidence.Copies, verified, recovered: false), fault, broke, _afterwards,
            new CaseFacts(FaultNames.WordOf(options.Lab.Hypervisor), version, wire, CpuSeconds: 0, spec.MemoryBytes()));
    }

    private async Task<IReadOnlyList<string>> LeftoversAsync(
        MachineWatch watch, FabricOperator fabric, VmId vm, string owner, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var others = watch.Tracks.Where(t => !string.Equals(t.Host, owner, StringComparison.Ordinal));
            var left = await Leftovers.FindAsync(others, cancellation);
            if (left.Count == 0)
                left = await fabric.LeftoversAsync(vm, cancellation);
            if (left.Count == 0 || time.GetElapsedTime(began) > TidyWithin)
                return left;
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private async Task<Verification?> VerifyAsync(MachineWatch watch, string owner, CancellationToken cancellation)
    {
        var copy = watch.Tracks.LastOrDefault(t => string.Equals(t.Host, owner, StringComparison.Ordinal) && t.RunsNow);
        if (copy is null)
            return null;
        screen.Say($"the guest on {owner} checks all its pages");
        try
        {
            var beats = copy.Console.Heartbeats.Count + BeatsAfter;
            await UntilAsync(
                ReadyWithin, "the guest to write more heartbeats",
                () => Task.FromResult(copy.Console.Heartbeats.Count >= beats), cancellation);
            return await GuestSerial.VerifyAsync(copy.Files.Serial, time, cancellation);
        }
        catch (LabException e)
        {
            screen.Say(e.Message);
            return null;
        }
    }

    private async Task<DiskReport> CheckDiskAsync(
        SitesDisk disk, MachineWatch watch, FabricOperator fabric, VmId vm, SitesLab lab,
        CancellationToken cancellation)
    {
        screen.Say("the guest is ended, and its disk compared with what it was told");
        await fabric.StopVmAsync(vm, cancellation);
        await UntilAsync(
            TidyWithin, "the guest's process to end",
            () => Task.FromResult(watch.Tracks.All(t => t.Gone.IsCompleted)), cancellation);
        var acknowledged = watch.Tracks.Select(t => t.Console.LastAcknowledged).OfType<DiskAcknowledgement>()
            .MaxBy(a => a.Number) ?? throw new LabException("The guest's disk writer said nothing.");
        var moved = string.Equals(Owner(), lab.Target.Name, StringComparison.Ordinal);
        return await disk.CheckAsync(acknowledged, moved, cancellation);
    }

    /// <summary>A lab that stays is left as it was found.</summary>
    private async Task ClearAsync(SitesLab lab, FabricOperator fabric, SitesDisk disk, VmId vm)
    {
        lab.SetHold(FaultStage.Off);
        try
        {
            await fabric.RemoveVmAsync(vm, CancellationToken.None);
            disk.Remove();
            // One that was to hold and never came to it would hold the next one's migration.
            if (SitesBreaker.NeedsHold(fault) && fault?.Who != FaultVictim.Coordinator)
                await lab.KillAsync(SitesLab.CoordinatorName);
        }
        catch (LabException e)
        {
            // Not in the place of what went wrong before.
            screen.Say($"the lab '{options.Name}' is not as it was: {e.Message}");
        }
    }

    private async Task UntilAsync(
        TimeSpan within, string what, Func<Task<bool>> isSo, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!await isSo())
        {
            if (time.GetElapsedTime(began) > within)
                throw new LabException(
                    $"Waited {within.TotalSeconds:0} s in vain for {what}. The nodes' logs tell more.");
            await Task.Delay(LookEvery, time, cancellation);
        }
    }
}
