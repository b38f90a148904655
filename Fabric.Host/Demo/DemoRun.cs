using System.Globalization;
using Fabric.Host.Demo.Guest;
using Fabric.Host.Demo.Lab;
using Fabric.Host.Demo.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Demo;

/// <summary>
/// One demo: a coordinator and two hosts, a guest, a migration, and at most one break. Then whatever the break left to
/// do: the operator's recovery, a second migration. At the end it is judged what happened.
/// </summary>
internal sealed class DemoRun(DemoOptions options, DemoScreen screen, TimeProvider time)
{
    /// <summary>The demo's VM.</summary>
    public const string VmName = "demo";

    private const int BeatsBefore = 20;
    private const int BeatsAfter = 20;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SettledWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan TidyWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly List<MigrationRecord> _migrations = [];
    private readonly List<string> _afterwards = [];

    /// <summary>Runs it; nothing is left behind, however it ends.</summary>
    /// <exception cref="DemoException">It could not be carried out.</exception>
    public async Task<DemoReport> RunAsync(CancellationToken cancellation)
    {
        var facts = await DemoMachines.Hypervisor(options, time).ProbeAsync(cancellation);
        var spec = DemoMachines.Spec(VmName, options, facts);
        using var directory = DemoDirectory.Make(options.Keep);
        await using var cluster = DemoCluster.Start(directory, options, time);
        var kept = options.Keep ? ", which will be kept" : "";
        screen.Say($"a coordinator and two hosts start in {directory.Path}{kept}");
        var copies = new[] { DemoCluster.Source, DemoCluster.Target }
            .ToDictionary(h => h, h => cluster.CopiesOf(h, VmName), StringComparer.Ordinal);
        await using var watch = new MachineWatch(copies, time);
        using var fabric = new DemoFabric(cluster.Api, cluster.Certificates, time);

        await BootAsync(cluster, watch, fabric, spec, cancellation);
        var (broke, wire, recovered) = await MigrateAndBreakAsync(cluster, watch, fabric, spec.Id, cancellation);
        if (_migrations[0].Ended?.Outcome != MigrationOutcome.Completed)
            await MigrateAgainAsync(cluster, fabric, spec.Id, cancellation);
        var owner = Owner();
        var leftovers = await LeftoversAsync(watch, owner, cancellation);
        var verified = await VerifyAsync(watch, owner, cancellation);
        var evidence = new Evidence([.. watch.Tracks.Select(RecordOf)], _migrations, leftovers);
        var guest = GuestCheck.Of(evidence.Copies, verified, recovered);
        return Report(evidence, guest, broke, wire, spec, $"{facts.Version} ({facts.Accelerator})", recovered);
    }

    private async Task BootAsync(
        DemoCluster cluster, MachineWatch watch, DemoFabric fabric, VmSpec spec, CancellationToken cancellation)
    {
        await UntilAsync(
            cluster, ReadyWithin, "both hosts to be connected",
            async () => (await fabric.ConnectedHostsAsync(cancellation)).Count == cluster.NodeLinks.Count,
            cancellation);
        await fabric.StartVmAsync(spec, DemoCluster.Source, cancellation);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture, $"the guest boots with {spec.MemoryKiB} KiB on {DemoCluster.Source}"));
        await UntilAsync(
            cluster, ReadyWithin, "the guest to write heartbeats",
            () => Task.FromResult(watch.Tracks.Any(t => t.Console.Last is { Seq: >= BeatsBefore })), cancellation);
        await UntilAsync(
            cluster, ReadyWithin, "the VM to be known as running",
            () => fabric.IsRunningAsync(spec.Id, cancellation), cancellation);
    }

    private async Task<(BreakReport? Broke, long WireBytes, bool Recovered)> MigrateAndBreakAsync(
        DemoCluster cluster, MachineWatch watch, DemoFabric fabric, VmId vm, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(SettledWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        await using var journal = await BeginAsync(cluster, fabric, vm, either.Token);
        try
        {
            var breaking = options.Kill is null
                ? Task.FromResult<BreakReport?>(null)
                : BreakAsync(cluster, watch, fabric, journal, either.Token);
            var end = journal.UntilAsync(s => s.Stage is OnHold || HasOutcome(s), either.Token);
            await await Task.WhenAny(end, cluster.Failed);
            var recovered = journal.Record is { Ended: null } open
                && open.First<HeldForOperator>() is { Reason: FailureReason.TargetLostAfterGrant };
            if (recovered)
            {
                _afterwards.Add("held for the operator, who let the frozen copy run");
                screen.Say("the operator recovers the frozen copy");
                await fabric.RecoverAsync(vm, either.Token);
                await journal.UntilAsync(HasOutcome, either.Token);
            }

            var wire = cluster.DataLinks.Sum(l => l.Bytes);
            var report = await breaking;
            _migrations.Add(journal.Record);
            if (journal.Record.Ended?.Outcome == MigrationOutcome.Completed)
                await FinishAsync(journal, 0, either.Token);
            return (report, wire, recovered);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new DemoException(
                $"The migration did not end in {SettledWithin.TotalMinutes:0} minutes; it is at {journal.Stage}.");
        }
    }

    private static bool HasOutcome(MigrationState state) => state.Stage is InCleanUp or Over;

    private async Task<BreakReport?> BreakAsync(
        DemoCluster cluster, MachineWatch watch, DemoFabric fabric, JournalFollower journal,
        CancellationToken cancellation)
    {
        var report = await new Breaker(cluster, watch, fabric, options, time).RunAsync(journal, cancellation);
        screen.Broke(report);
        return report;
    }

    /// <summary>Rule 7: at once, while the first may still be clearing up.</summary>
    private async Task MigrateAgainAsync(
        DemoCluster cluster, DemoFabric fabric, VmId vm, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(SettledWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
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

    private async Task<JournalFollower> BeginAsync(
        DemoCluster cluster, DemoFabric fabric, VmId vm, CancellationToken cancellation)
    {
        var id = await fabric.MigrateAsync(vm, DemoCluster.Target, cancellation);
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
        MachineWatch watch, string owner, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var others = watch.Tracks.Where(t => !string.Equals(t.Host, owner, StringComparison.Ordinal));
            var left = await Leftovers.FindAsync(others, cancellation);
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
                null, ReadyWithin, "the guest to write more heartbeats",
                () => Task.FromResult(copy.Console.Heartbeats.Count >= beats), cancellation);
            return await GuestSerial.VerifyAsync(copy.Files.Serial, time, cancellation);
        }
        catch (DemoException e)
        {
            screen.Say(e.Message);
            return null;
        }
    }

    private async Task UntilAsync(
        DemoCluster? cluster, TimeSpan within, string what, Func<Task<bool>> isSo, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!await isSo())
        {
            if (cluster is { Failed.IsCompleted: true })
                await cluster.Failed;
            if (time.GetElapsedTime(began) > within)
            {
                throw new DemoException(
                    $"Waited {within.TotalSeconds:0} s in vain for {what}. With --keep the nodes' logs stay.");
            }
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private static CopyRecord RecordOf(CopyTrack t) => new(
        t.Name, t.Host, t.IsAlive, t.Runs.Intervals, t.Console.Heartbeats, t.Samples);

    private DemoReport Report(
        Evidence evidence, GuestCheck guest, BreakReport? broke, long wire, VmSpec spec, string version, bool recovered)
    {
        var first = _migrations[0];
        var end = recovered ? first.When<HeldForOperator>() : first.When<MigrationEnded>();
        var held = first.First<HeldForOperator>();
        return new DemoReport
        {
            Outcome = held is not null ? "held" : first.Ended is { } ended ? DemoNames.WordOf(ended.Outcome) : "none",
            Reason = (held?.Reason ?? first.Ended?.Reason)?.ToString(),
            Detail = held?.Detail ?? first.Ended?.Detail,
            Hypervisor = DemoNames.WordOf(options.Hypervisor),
            HypervisorVersion = version,
            Kill = options.Kill is { } kill ? DemoNames.WordOf(kill) : null,
            At = options.Kill is null ? null : DemoNames.WordOf(options.At),
            Broke = broke,
            Attempts = first.Attempts,
            Rounds = first.Lines.Count(l => l.Event is RoundCompleted),
            FailedAttempts =
                [.. first.Lines.Select(l => l.Event).OfType<AttemptAbandoned>().Select(a => a.Reason.ToString())],
            TotalMs = (end - first.When<MigrationRequested>())?.TotalMilliseconds ?? 0,
            DowntimeMs = first.Ended?.Downtime?.TotalMs,
            DowntimeParts = first.Ended?.Downtime,
            ObservedBlackoutMs = Overlaps.LongestGap(evidence.Copies).TotalMilliseconds,
            WireBytes = wire,
            MemoryBytes = spec.MemoryBytes(),
            Afterwards = _afterwards,
            GuestCheck = guest,
            Rules = DemoRules.Check(evidence).ToDictionary(r => r.Name, StringComparer.Ordinal),
        };
    }
}
