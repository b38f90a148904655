using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// One case in a lab that is up: a guest, a migration, and at most one break. Then whatever the break left to do: the
/// operator's recovery, a start of what was lost, a second migration. At the end it is judged what happened.
/// </summary>
internal sealed class CaseRun(CaseScene scene, FaultCase? fault, CaseScreen screen, TimeProvider time)
{
    private const int BeatsBefore = 20;
    private const int BeatsAfter = 20;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TidyWithin = TimeSpan.FromSeconds(30);

    // What an order to remove an image missed, the host tells again once a minute.
    private static readonly TimeSpan DisksTidyWithin =
        TidyWithin + TimeSpan.FromMilliseconds(Limits.Agent.LeftoverLookMs);

    private static readonly TimeSpan TidyEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly ICaseLab _lab = scene.Lab;
    private readonly LabOptions _options = scene.Options;
    private readonly FabricOperator _fabric = scene.Fabric;
    private readonly VmId _vm = scene.Spec.Id;
    private readonly List<MigrationRecord> _migrations = [];
    private readonly List<string> _afterwards = [];
    private bool _wentBack;

    /// <summary>Runs it.</summary>
    /// <exception cref="LabException">It could not be carried out.</exception>
    public async Task<CaseReport> RunAsync(CancellationToken cancellation)
    {
        if (scene.Disk is { } made)
            await made.MakeAsync(cancellation);
        await BootAsync(cancellation);
        await scene.Witness.GuestRunsAsync(cancellation);
        var (broke, wire, cpu) = await MigrateAndBreakAsync(cancellation);
        await scene.Witness.MigrationIsOverAsync(_migrations[0], cancellation);
        if (_migrations[0].Ended is { Outcome: not MigrationOutcome.Completed })
            await TryAgainAsync(cancellation);
        else if (fault is { Who: FaultVictim.TargetVm, Action: FaultAction.Kill, At: FaultStage.ReleasingSource })
            await StartKilledAnewAsync(cancellation);
        var back = _options.Returns && fault is null ? await ReturnAsync(cancellation) : null;
        var owner = Owner();
        var leftovers = await LeftoversAsync(owner, cancellation);
        var verified = await VerifyAsync(owner, cancellation);
        var seen = scene.Watch.Tracks.Select(CopyRecord.Of).ToList();
        var address = await scene.Witness.SawAsync(owner, cancellation);
        var onDisk = scene.Disk is { } disk
            ? await disk.CheckAsync(scene.Watch, _fabric, _vm, owner, _wentBack, cancellation)
            : null;
        leftovers = [.. leftovers, .. await scene.Witness.RemoveAsync(cancellation)];
        var (history, faults) = await JournalCheck.ReadAsync(
            _lab.Journal, _vm, _migrations.Select(m => m.Plan.Id), cancellation);
        var evidence = new Evidence(seen, _migrations, leftovers)
        {
            VmHistory = history,
            JournalFaults = faults,
            Disk = onDisk,
            Address = address,
            Connections = _lab.Connections?.Opened,
            PlainConnections = _lab.Connections?.Plain ?? 0,
        };
        var guest = GuestCheck.Of(evidence.Copies, verified, _wentBack);
        return CaseReport.Of(
            evidence, guest, fault, broke, _afterwards, new CaseFacts(
                FaultNames.WordOf(_options.Hypervisor), scene.Version, wire, cpu, scene.Spec.MemoryBytes(), back));
    }

    private async Task BootAsync(CancellationToken cancellation)
    {
        await UntilAsync(
            ReadyWithin, "all hosts to be connected", () => AllAreConnectedAsync(cancellation), cancellation);
        await _fabric.StartVmAsync(scene.Spec, _lab.Source, cancellation);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture, $"the guest boots with {scene.Spec.MemoryKiB} KiB on {_lab.Source}"));
        await UntilAsync(
            ReadyWithin, "the guest to write heartbeats",
            () => Task.FromResult(scene.Watch.Tracks.Any(t => t.Console.Last is { Seq: >= BeatsBefore })), cancellation);
        if (scene.Spec.Disks.Count > 0)
        {
            await UntilAsync(
                ReadyWithin, "the guest to write its disk",
                () => Task.FromResult(scene.Watch.Tracks.Any(t => t.Console.LastAcknowledged is not null)), cancellation);
        }

        await UntilAsync(
            ReadyWithin, "the VM to be known as running",
            () => _fabric.IsRunningAsync(_vm, cancellation), cancellation);
    }

    private async Task<(BreakReport? Broke, long WireBytes, double CpuSeconds)> MigrateAndBreakAsync(
        CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(_options.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        var cpu = ProcessorTime.Begin(Processes());
        var before = await _lab.CarriedAsync(either.Token);
        await using var journal = await BeginAsync(_lab.Target, either.Token);
        using var mend = CancellationTokenSource.CreateLinkedTokenSource(either.Token);
        var breaking = fault is null
            ? Task.FromResult<BreakReport?>(null)
            : BreakAsync(journal, before, mend.Token);
        try
        {
            var end = journal.UntilAsync(s => s.Stage is OnHold || HasOutcome(s), either.Token);
            await await Task.WhenAny(end, _lab.Failed);
            await RecoverAsync(journal, either.Token);
            var wire = await _lab.CarriedAsync(either.Token) - before;
            var used = cpu.SecondsUntilNow(Processes());
            var report = await breaking;
            _migrations.Add(journal.Record);
            if (journal.Record.Ended?.Outcome == MigrationOutcome.Completed)
                await FinishAsync(journal, 0, either.Token);
            return (report, wire, used);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException(
                $"The migration did not end in {_options.SettleWithin.TotalMinutes:0.#} minutes; " +
                $"it is at {journal.Stage}.");
        }
        finally
        {
            // What is still broken is mended, or the end of the lab would wait for what gets no time.
            await mend.CancelAsync();
            await Task.WhenAny(breaking);
        }
    }

    private IEnumerable<int> Processes() => _lab.HostNames.Prepend(_lab.CoordinatorName).Select(_lab.ProcessOf)
        .Concat(scene.Watch.Tracks.Select(t => t.ProcessId)).OfType<int>();

    private async Task<bool> AllAreConnectedAsync(CancellationToken cancellation) =>
        (await _fabric.ConnectedHostsAsync(cancellation)).Count == _lab.HostNames.Count;

    /// <summary>What an operator would do about a migration that is held because a copy was lost.</summary>
    private async Task RecoverAsync(JournalFollower journal, CancellationToken cancellation)
    {
        if (journal.Record is not { Ended: null } open || open.First<HeldForOperator>() is not
            { Reason: FailureReason.TargetLostAfterGrant or FailureReason.SourceLostInDoubt } held)
            return;
        _wentBack = true;
        _afterwards.Add($"held for the operator ({held.Reason}), who let the copy that is left run");
        screen.Say("the operator recovers the copy that is left");
        await _fabric.RecoverAsync(_vm, cancellation);
        await journal.UntilAsync(HasOutcome, cancellation);
    }

    private static bool HasOutcome(MigrationState state) => state.Stage is InCleanUp or Over;

    private async Task<BreakReport?> BreakAsync(
        JournalFollower journal, long before, CancellationToken cancellation) =>
        await new Breaker(scene, fault!, time).RunAsync(journal, before, screen.Broke, cancellation);

    /// <summary>
    /// Rule 7: at once, while the first may still be clearing up. What was lost is started anew before.
    /// </summary>
    private async Task TryAgainAsync(CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(_options.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        await UntilAsync(
            ReadyWithin, "all hosts to be connected again", () => AllAreConnectedAsync(either.Token), either.Token);
        if (_migrations[0].Ended is { Keeper: Keeper.Nobody } || !await _fabric.IsRunningAsync(_vm, either.Token))
            await StartAnewAsync(either.Token);
        screen.Say("the same migration again, with nothing broken");
        await using var journal = await BeginAsync(_lab.Target, either.Token);
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
    private async Task<long?> ReturnAsync(CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(_options.SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        await UntilAsync(
            ReadyWithin, "the VM to be known as running", () => _fabric.IsRunningAsync(_vm, either.Token),
            either.Token);
        screen.Say("the guest goes back");
        var before = await _lab.CarriedAsync(either.Token);
        try
        {
            await using var journal = await BeginAsync(_lab.Source, either.Token);
            await FinishAsync(journal, 1, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException(
                $"The way back did not end in {_options.SettleWithin.TotalMinutes:0.#} minutes.");
        }

        var outcome = _migrations[1].Ended?.Outcome;
        _afterwards.Add($"the way back: {outcome?.ToString() ?? "no outcome"}");
        return outcome == MigrationOutcome.Completed ? await _lab.CarriedAsync(either.Token) - before : null;
    }

    /// <summary>A guest that is killed after it has moved is lost with its process, and no migration's affair.</summary>
    private async Task StartKilledAnewAsync(CancellationToken cancellation)
    {
        await UntilAsync(
            ReadyWithin, "the VM to be known as ended",
            async () => !await _fabric.IsRunningAsync(_vm, cancellation), cancellation);
        await StartAnewAsync(cancellation);
    }

    private async Task StartAnewAsync(CancellationToken cancellation)
    {
        _wentBack = true;
        _afterwards.Add("the guest was lost with its process; the operator started it anew");
        screen.Say("the guest is started anew");
        var known = scene.Watch.Tracks.Count;
        await _fabric.StartAgainAsync(_vm, cancellation);
        await UntilAsync(
            ReadyWithin, "the guest to write heartbeats again",
            () => Task.FromResult(scene.Watch.Tracks.Skip(known).Any(t => t.Console.Last is { Seq: >= BeatsBefore })),
            cancellation);
        await UntilAsync(
            ReadyWithin, "the VM to be known as running", () => _fabric.IsRunningAsync(_vm, cancellation),
            cancellation);
    }

    private async Task<JournalFollower> BeginAsync(string target, CancellationToken cancellation)
    {
        var id = await _fabric.MigrateAsync(_vm, target, cancellation);
        return new JournalFollower(_lab.Journal, id, time, screen.Happened);
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
    private async Task<IReadOnlyList<string>> LeftoversAsync(string owner, CancellationToken cancellation)
    {
        var within = scene.Spec.Disks.Count == 0 ? TidyWithin : DisksTidyWithin;
        var began = time.GetTimestamp();
        while (true)
        {
            var others = scene.Watch.Tracks.Where(t => !string.Equals(t.Host, owner, StringComparison.Ordinal));
            var left = await Leftovers.FindAsync(others, cancellation);
            if (left.Count == 0)
                left = [.. scene.Witness.LeftoversBut(owner), .. scene.Disk?.LeftoversBut(owner) ?? []];
            if (left.Count == 0 && scene.Spec.Disks.Count > 0)
                left = await _fabric.LeftoversAsync(scene.LeftoversOf, cancellation);
            if (left.Count == 0 || time.GetElapsedTime(began) > within)
                return left;
            await Task.Delay(TidyEvery, time, cancellation);
        }
    }

    private async Task<Verification?> VerifyAsync(string owner, CancellationToken cancellation)
    {
        var copy = scene.Watch.Tracks.LastOrDefault(t => string.Equals(t.Host, owner, StringComparison.Ordinal) && t.RunsNow);
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

    private async Task UntilAsync(
        TimeSpan within, string what, Func<Task<bool>> isSo, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!await isSo())
        {
            if (_lab.Failed is { IsCompleted: true } failed)
                await failed;
            if (time.GetElapsedTime(began) > within)
            {
                throw new LabException($"Waited {within.TotalSeconds:0} s in vain for {what}. {_lab.Logs}");
            }
            await Task.Delay(LookEvery, time, cancellation);
        }
    }
}
