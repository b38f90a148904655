using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// One case: a coordinator and two hosts, a guest, a migration, and at most one break. Then whatever the break left to
/// do: the operator's recovery, a start of what was lost, a second migration. At the end it is judged what happened.
/// </summary>
internal sealed class CaseRun(LabOptions options, FaultCase? fault, CaseScreen screen, TimeProvider time)
{
    /// <summary>The lab's VM.</summary>
    public const string VmName = "demo";

    private const int BeatsBefore = 20;
    private const int BeatsAfter = 20;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TidyWithin = TimeSpan.FromSeconds(30);

    // What an order to remove an image missed, the host tells again once a minute.
    private static readonly TimeSpan DisksTidyWithin =
        TidyWithin + TimeSpan.FromMilliseconds(Limits.Agent.LeftoverLookMs);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly List<MigrationRecord> _migrations = [];
    private readonly List<string> _afterwards = [];
    private bool _wentBack;

    /// <summary>Runs it; nothing is left behind, however it ends.</summary>
    /// <exception cref="LabException">It could not be carried out.</exception>
    public async Task<CaseReport> RunAsync(CancellationToken cancellation)
    {
        var facts = await LabMachines.Hypervisor(options, time).ProbeAsync(cancellation);
        var spec = LabMachines.Spec(VmName, options, facts);
        using var directory = LabDirectory.Make(options.Keep);
        await using var cluster = LabCluster.Start(directory, options, HoldAt, time);
        var kept = options.Keep ? ", which will be kept" : "";
        screen.Say($"a coordinator and two hosts start in {directory.Path}{kept}");
        var copies = new[] { LabCluster.Source, LabCluster.Target }
            .ToDictionary(h => h, h => cluster.CopiesOf(h, VmName), StringComparer.Ordinal);
        await using var watch = new MachineWatch(copies, time, cluster.Disks);
        var disk = options.HasDisk ? new CaseDisk(new LabDisk(directory, options), time) : null;
        using var fabric = new FabricOperator(cluster.Api, cluster.Certificates, time);

        if (disk is not null)
            await disk.MakeAsync(cancellation);
        await BootAsync(cluster, watch, fabric, spec, cancellation);
        var (broke, wire, cpu) = await MigrateAndBreakAsync(cluster, watch, fabric, spec.Id, cancellation);
        if (_migrations[0].Ended is { Outcome: not MigrationOutcome.Completed })
            await TryAgainAsync(cluster, watch, fabric, spec.Id, cancellation);
        var back = options.Returns && fault is null ? await ReturnAsync(cluster, fabric, spec.Id, cancellation) : null;
        var owner = Owner();
        var leftovers = await LeftoversAsync(watch, fabric, disk, owner, cancellation);
        var verified = await VerifyAsync(watch, owner, cancellation);
        var seen = watch.Tracks.Select(CopyRecord.Of).ToList();
        var onDisk = disk is null
            ? null
            : await disk.CheckAsync(watch, fabric, spec.Id, owner, _wentBack, cancellation);
        var (history, faults) = await JournalCheck.ReadAsync(
            cluster.Journal, spec.Id, _migrations.Select(m => m.Plan.Id), cancellation);
        var links = cluster.NodeLinks.Concat(cluster.DataLinks).Select(l => l.Seen).ToList();
        var evidence = new Evidence(seen, _migrations, leftovers)
        {
            VmHistory = history,
            JournalFaults = faults,
            Disk = onDisk,
            Connections = links.Sum(l => l.Opened),
            PlainConnections = links.Sum(l => l.Plain),
        };
        var guest = GuestCheck.Of(evidence.Copies, verified, _wentBack);
        return CaseReport.Of(
            evidence, guest, fault, broke, _afterwards, new CaseFacts(
                FaultNames.WordOf(options.Hypervisor), $"{facts.Version} ({facts.Accelerator})", wire, cpu,
                spec.MemoryBytes(), back));
    }

    private FaultStage HoldAt => fault is not null && !Breaker.ComesWhileBytesFlow(fault, options) ? fault.At : FaultStage.Off;

    private async Task BootAsync(
        LabCluster cluster, MachineWatch watch, FabricOperator fabric, VmSpec spec, CancellationToken cancellation)
    {
        await UntilAsync(
            cluster, ReadyWithin, "both hosts to be connected",
            async () => (await fabric.ConnectedHostsAsync(cancellation)).Count == cluster.NodeLinks.Count,
            cancellation);
        await fabric.StartVmAsync(spec, LabCluster.Source, cancellation);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture, $"the guest boots with {spec.MemoryKiB} KiB on {LabCluster.Source}"));
        await UntilAsync(
            cluster, ReadyWithin, "the guest to write heartbeats",
            () => Task.FromResult(watch.Tracks.Any(t => t.Console.Last is { Seq: >= BeatsBefore })), cancellation);
        if (options.HasDisk)
        {
            await UntilAsync(
                cluster, ReadyWithin, "the guest to write its disk",
                () => Task.FromResult(watch.Tracks.Any(t => t.Console.LastAcknowledged is not null)), cancellation);
        }

        await UntilAsync(
            cluster, ReadyWithin, "the VM to be known as running",
            () => fabric.IsRunningAsync(spec.Id, cancellation), cancellation);
    }

    private async Task<(BreakReport? Broke, long WireBytes, double CpuSeconds)> MigrateAndBreakAsync(
        LabCluster cluster, MachineWatch watch, FabricOperator fabric, VmId vm, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(options.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        var cpu = ProcessorTime.Begin(Processes(cluster, watch));
        await using var journal = await BeginAsync(cluster, fabric, vm, either.Token);
        using var mend = CancellationTokenSource.CreateLinkedTokenSource(either.Token);
        var breaking = fault is null
            ? Task.FromResult<BreakReport?>(null)
            : BreakAsync(cluster, watch, fabric, journal, mend.Token);
        try
        {
            var end = journal.UntilAsync(s => s.Stage is OnHold || HasOutcome(s), either.Token);
            await await Task.WhenAny(end, cluster.Failed);
            await RecoverAsync(fabric, journal, vm, either.Token);
            var wire = cluster.DataLinks.Sum(l => l.Bytes);
            var used = cpu.SecondsUntilNow(Processes(cluster, watch));
            var report = await breaking;
            _migrations.Add(journal.Record);
            if (journal.Record.Ended?.Outcome == MigrationOutcome.Completed)
                await FinishAsync(journal, 0, either.Token);
            return (report, wire, used);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException(
                $"The migration did not end in {options.SettleWithin.TotalMinutes:0.#} minutes; " +
                $"it is at {journal.Stage}.");
        }
        finally
        {
            // What is still broken is mended, or the end of the lab would wait for what gets no time.
            await mend.CancelAsync();
            await Task.WhenAny(breaking);
        }
    }

    private static IEnumerable<int> Processes(LabCluster cluster, MachineWatch watch) =>
        cluster.Nodes.Values.Select(n => n.ProcessId).Concat(watch.Tracks.Select(t => t.ProcessId)).OfType<int>();

    /// <summary>What an operator would do about a migration that is held because a copy was lost.</summary>
    private async Task RecoverAsync(
        FabricOperator fabric, JournalFollower journal, VmId vm, CancellationToken cancellation)
    {
        if (journal.Record is not { Ended: null } open || open.First<HeldForOperator>() is not
            { Reason: FailureReason.TargetLostAfterGrant or FailureReason.SourceLostInDoubt } held)
            return;
        _wentBack = true;
        _afterwards.Add($"held for the operator ({held.Reason}), who let the copy that is left run");
        screen.Say("the operator recovers the copy that is left");
        await fabric.RecoverAsync(vm, cancellation);
        await journal.UntilAsync(HasOutcome, cancellation);
    }

    private static bool HasOutcome(MigrationState state) => state.Stage is InCleanUp or Over;

    private async Task<BreakReport?> BreakAsync(
        LabCluster cluster, MachineWatch watch, FabricOperator fabric, JournalFollower journal,
        CancellationToken cancellation) =>
        await new Breaker(cluster, watch, fabric, options, fault!, time).RunAsync(journal, screen.Broke, cancellation);

    /// <summary>
    /// Rule 7: at once, while the first may still be clearing up. What was lost is started anew before.
    /// </summary>
    private async Task TryAgainAsync(
        LabCluster cluster, MachineWatch watch, FabricOperator fabric, VmId vm, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(options.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        await UntilAsync(
            cluster, ReadyWithin, "both hosts to be connected again",
            async () => (await fabric.ConnectedHostsAsync(either.Token)).Count == cluster.NodeLinks.Count,
            either.Token);
        if (_migrations[0].Ended is { Keeper: Keeper.Nobody } || !await fabric.IsRunningAsync(vm, either.Token))
            await StartAnewAsync(cluster, watch, fabric, vm, either.Token);
        screen.Say("the same migration again, with nothing broken");
        await using var journal = await BeginAsync(cluster, fabric, vm, either.Token);
        try
        {
            await FinishAsync(journal, 1, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            screen.Say($"the second migration did not end; its journal is at {journal.Stage}");
            _migrations.Add(journal.Record);
        }

        var ended = journal.Record.Ended;
        _afterwards.Add($"second migration: {ended?.Outcome.ToString() ?? "no outcome"} {ended?.Reason}".TrimEnd());
    }

    /// <summary>Back to where it came from; bytes that this took.</summary>
    private async Task<long?> ReturnAsync(
        LabCluster cluster, FabricOperator fabric, VmId vm, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(options.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        await UntilAsync(
            cluster, ReadyWithin, "the VM to be known as running", () => fabric.IsRunningAsync(vm, either.Token),
            either.Token);
        screen.Say("the guest goes back");
        var before = cluster.DataLinks.Sum(l => l.Bytes);
        try
        {
            await using var journal = await BeginAsync(cluster, fabric, vm, either.Token, LabCluster.Source);
            await FinishAsync(journal, 1, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException(
                $"The way back did not end in {options.SettleWithin.TotalMinutes:0.#} minutes.");
        }

        var outcome = _migrations[1].Ended?.Outcome;
        _afterwards.Add($"the way back: {outcome?.ToString() ?? "no outcome"}");
        return outcome == MigrationOutcome.Completed ? cluster.DataLinks.Sum(l => l.Bytes) - before : null;
    }

    private async Task StartAnewAsync(
        LabCluster cluster, MachineWatch watch, FabricOperator fabric, VmId vm, CancellationToken cancellation)
    {
        _wentBack = true;
        _afterwards.Add("the guest was lost with its process; the operator started it anew");
        screen.Say("the guest is started anew");
        var known = watch.Tracks.Count;
        await fabric.StartAgainAsync(vm, cancellation);
        await UntilAsync(
            cluster, ReadyWithin, "the guest to write heartbeats again",
            () => Task.FromResult(watch.Tracks.Skip(known).Any(t => t.Console.Last is { Seq: >= BeatsBefore })),
            cancellation);
        await UntilAsync(
            cluster, ReadyWithin, "the VM to be known as running", () => fabric.IsRunningAsync(vm, cancellation),
            cancellation);
    }

    private async Task<JournalFollower> BeginAsync(
        LabCluster cluster, FabricOperator fabric, VmId vm, CancellationToken cancellation, string? target = null)
    {
        var id = await fabric.MigrateAsync(vm, target ?? LabCluster.Target, cancellation);
        return new JournalFollower(cluster.Journal, id, time, screen.Happened);
    }

    private async Task FinishAsync(JournalFollower journal, int index, CancellationToken cancellation)
    {
        await journal.UntilAsync(s => s.Stage.Kind is StageKind.Over or StageKind.OnHold, cancellation);
        if (_migrations.Count == index)
            _migrations.Add(journal.Record);
        else
            _migrations[index] = journal.Record;
    }

    /// <summary>The host that keeps the guest by the last outcome.</summary>
    private string Owner() => _migrations[^1] switch
    {
        { Ended.Keeper: Keeper.Target } last => last.Plan.Target.Value,
        var last => last.Plan.Source.Value,
    };

    /// <summary>What is left on the other host after it had time to clear up.</summary>
    private async Task<IReadOnlyList<string>> LeftoversAsync(
        MachineWatch watch, FabricOperator fabric, CaseDisk? disk, string owner, CancellationToken cancellation)
    {
        var within = disk is null ? TidyWithin : DisksTidyWithin;
        var began = time.GetTimestamp();
        while (true)
        {
            var others = watch.Tracks.Where(t => !string.Equals(t.Host, owner, StringComparison.Ordinal));
            var left = await Leftovers.FindAsync(others, cancellation);
            if (left.Count == 0 && disk is not null)
                left = [.. disk.LeftoversBut(owner), .. await fabric.LeftoversAsync(of: null, cancellation)];
            if (left.Count == 0 || time.GetElapsedTime(began) > within)
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
                null, ReadyWithin, "the guest to write more heartbeats",
                () => Task.FromResult(copy.Console.Heartbeats.Count >= beats), cancellation);
            return await GuestSerial.VerifyAsync(copy.Files.Serial, time, cancellation);
        }
        catch (LabException e)
        {
            screen.Say(e.Message);
            return null;
        }
    }

    private async Task UntilAsync(
        LabCluster? cluster, TimeSpan within, string what, Func<Task<bool>> isSo, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!await isSo())
        {
            if (cluster is { Failed.IsCompleted: true })
                await cluster.Failed;
            if (time.GetElapsedTime(began) > within)
            {
                throw new LabException(
                    $"Waited {within.TotalSeconds:0} s in vain for {what}. With --keep the nodes' logs stay.");
            }
            await Task.Delay(LookEvery, time, cancellation);
        }
    }
}
