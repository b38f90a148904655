using System.Globalization;
using Fabric.Drivers;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>A guest of the fabric in the lab, which is moved from host to host again and again.</summary>
internal sealed class BenchGuestVm : IAsyncDisposable
{
    private const int BeatsBefore = 20;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly SitesLab _lab;
    private readonly FabricOperator _fabric;
    private readonly MachineWatch _watch;
    private readonly TimeSpan _movesWithin;
    private readonly TimeProvider _time;

    private BenchGuestVm(
        SitesLab lab, FabricOperator fabric, VmSpec spec, LabHost at, TimeSpan movesWithin, TimeProvider time)
    {
        (_lab, _fabric, Spec, At, _movesWithin, _time) = (lab, fabric, spec, at, movesWithin, time);
        _watch = new MachineWatch(
            lab.Hosts.ToDictionary(h => h.Name, h => SitesLab.CopiesOf(h, spec.Id), StringComparer.Ordinal), time);
    }

    /// <summary>What it is made of.</summary>
    public VmSpec Spec { get; }

    /// <summary>Where it runs.</summary>
    public LabHost At { get; private set; }

    /// <summary>Nothing that it says of its memory and its disk is wrong.</summary>
    public bool IsWell => _watch.Tracks.All(
        t => t.Console is { Last: not { Bad: > 0 }, LastAcknowledged: not ({ Bad: > 0 } or { Errors: > 0 }) });

    /// <summary>The newest block that it was told is on disk; 0 without a disk.</summary>
    public long Acknowledged => _watch.Tracks.Max(t => t.Console.LastAcknowledged?.Number ?? 0);

    /// <summary>Boots one; comes back when it writes its memory, and its disk where it has one.</summary>
    /// <param name="lab">Where.</param>
    /// <param name="fabric">The operator.</param>
    /// <param name="spec">Which.</param>
    /// <param name="at">On which host.</param>
    /// <param name="blocks">So many blocks are on its disk before it counts as ready.</param>
    /// <param name="movesWithin">A move may take so long.</param>
    /// <param name="time">For waits.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<BenchGuestVm> BootAsync(
        SitesLab lab, FabricOperator fabric, VmSpec spec, LabHost at, long blocks, TimeSpan movesWithin,
        TimeProvider time, CancellationToken cancellation)
    {
        var guest = new BenchGuestVm(lab, fabric, spec, at, movesWithin, time);
        try
        {
            await fabric.StartVmAsync(spec, at.Name, cancellation);
            await guest.UntilAsync(
                "the guest to write", () => guest._watch.Tracks.Any(t => t.Console.Last is { Seq: >= BeatsBefore })
                    && guest.Acknowledged >= blocks,
                cancellation);
            while (!await fabric.IsRunningAsync(spec.Id, cancellation))
                await Task.Delay(LookEvery, time, cancellation);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    /// <summary>Moves it; comes back when the source is released.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="beside">Done beside it, from its beginning; ends when it is told.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="LabException">It did not get there.</exception>
    public async Task<VmMove> MoveAsync(
        LabHost to, Func<JournalFollower, CancellationToken, Task> beside, CancellationToken cancellation)
    {
        var (began, asked) = (_time.GetTimestamp(), _time.GetUtcNow());
        var id = await _fabric.MigrateAsync(Spec.Id, to.Name, cancellation);
        await using var journal = new JournalFollower(_lab.Journal, id, _time, (_, _) => { });
        using var late = new CancellationTokenSource(_movesWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            var breaking = beside(journal, either.Token);
            await journal.UntilAsync(s => s.Stage.Kind is StageKind.Over or StageKind.OnHold, either.Token);
            await breaking;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException($"{id} to {to.Name} did not end in {_movesWithin.TotalMinutes:0.#} minutes: {journal.Stage}.");
        }

        var total = _time.GetElapsedTime(began).TotalMilliseconds;
        if (journal.Record.Ended is not { Outcome: MigrationOutcome.Completed } ended)
        {
            throw new LabException(
                $"{id} to {to.Name} did not complete: {journal.Record.Ended?.Reason} {journal.Record.Ended?.Detail}");
        }

        At = to;
        var told = await _fabric.GetMigrationAsync(id, cancellation);
        return new VmMove(
            total, ended.Downtime?.TotalMs ?? 0, RunGaps.LongestMs(_watch.Tracks.SelectMany(t => t.Runs.Intervals), asked),
            journal.Record.Attempts, told.Transfer?.Progress,
            _watch.Tracks.SelectMany(t => t.Runs.Intervals).Max(r => r.From));
    }

    /// <summary>Ends it; comes back when no process of it is left. Its disk stays.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        await _fabric.StopVmAsync(Spec.Id, cancellation);
        await UntilAsync(
            "the guest's process to end", () => _watch.Tracks.All(t => t.Gone.IsCompleted || !t.Appeared.IsCompleted),
            cancellation);
    }

    /// <summary>Stops to watch it; it runs on.</summary>
    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    private async Task UntilAsync(string what, Func<bool> isSo, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (!isSo())
        {
            if (_time.GetElapsedTime(began) > ReadyWithin)
            {
                throw new LabException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Waited {ReadyWithin.TotalSeconds:0} s in vain for {what}. The nodes' logs in {_lab.Directory} tell more."));
            }

            await Task.Delay(LookEvery, _time, cancellation);
        }
    }
}

/// <summary>What the fabric and the hypervisors say of one move.</summary>
internal sealed record VmMove(
    double TotalMs, double DowntimeMs, double? PausedMs, int Attempts, TransferProgress? Channels,
    DateTimeOffset RunsSince);
