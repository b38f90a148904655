using System.Text.Json;
using Fabric.Host.Faults;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Strategies;

/// <summary>Moves one guest in one way over one line, and measures.</summary>
internal sealed class StrategyMove(
    StrategiesOptions options, string program, Strategy strategy, long line, TimeProvider time)
{
    private const int ServiceSlotMs = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(2);

    private readonly List<StrategyRound> _rounds = [];
    private (double AtMs, long Pages, long Bytes, int Sync) _round;
    private long _began;
    private long _rate;

    public async Task<StrategyResult> RunAsync(CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("fabric-bench-").FullName;
        try
        {
            await using var source = await BenchGuest.StartAsync(
                directory, program, options.MemoryBytes, incoming: false, time, cancellation);
            await using var target = await BenchGuest.StartAsync(
                directory, program, options.MemoryBytes, incoming: true, time, cancellation);
            var (near, far) = (Path.Combine(directory, "near"), Path.Combine(directory, "far"));
            await source.DoAsync("cont");
            while (!await source.HasBootedAsync())
                await Task.Delay(LookEvery, time, cancellation);
            await Task.Delay(options.Before, time, cancellation);
            string[] capabilities = strategy is Strategy.PostCopy or Strategy.Hybrid
                ? ["events", "return-path", "postcopy-ram"]
                : ["events", "return-path"];
            await target.EnableAsync(capabilities);
            await source.EnableAsync(capabilities);
            await target.DoAsync("migrate-incoming", ("uri", $"unix:{far}"));
            await using var wire = new UnixLine(near, far, new ImpairSettings(BytesPerSecond: line), time);
            return await MeasureAsync(source, target, near, cancellation);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task<StrategyResult> MeasureAsync(
        BenchGuest source, BenchGuest target, string near, CancellationToken cancellation)
    {
        var beganAt = time.GetUtcNow();
        _began = time.GetTimestamp();
        await BeginAsync(source, near);
        var end = await FollowAsync(source, target, cancellation);
        var total = Elapsed();
        var (stopped, runs) = (source.WhenLast("STOP"), target.WhenLast("RESUME"));
        // Who goes without an event is asked for its own figure, which ends at the source.
        var downtime = (runs - stopped)?.TotalMilliseconds ?? end.GetProperty("downtime").GetDouble();
        await Task.Delay(options.After, time, cancellation);
        var until = time.GetUtcNow();
        var (before, after) = (await source.OperationsAsync(), await target.OperationsAsync());
        var usual = before.Between(beganAt - options.Before, beganAt) / options.Before.TotalSeconds;
        var done = before.Between(beganAt, until) + after.Between(beganAt, until);
        return new StrategyResult
        {
            Program = program,
            Strategy = strategy,
            LineMbps = line * 8 / 1e6,
            TotalMs = total,
            DowntimeMs = downtime,
            BytesOverMemory = end.GetProperty("ram").GetProperty("transferred").GetInt64() / (double)options.MemoryBytes,
            OperationsPerSecond = usual,
            OperationsLost = Math.Max(0, (usual * (until - beganAt).TotalSeconds) - done),
            Clean = await target.BadPagesAsync() == 0,
            Rounds = _rounds,
            Service = ServiceOf(before, after, beganAt, until),
        };
    }

    private async Task BeginAsync(BenchGuest source, string near)
    {
        _rate = strategy == Strategy.PreCopyAdaptive ? AdaptiveRate.First(line / 10, line) : line;
        await source.DoAsync(
            "migrate-set-parameters", ("max-bandwidth", _rate), ("max-postcopy-bandwidth", 0),
            ("downtime-limit", strategy == Strategy.Hybrid ? Limits.Convergence.HeldBackMs : options.DowntimeLimitMs));
        if (strategy == Strategy.StopAndCopy)
            await source.DoAsync("stop");
        await source.DoAsync("migrate", ("uri", $"unix:{near}"));
        if (strategy == Strategy.PostCopy)
            await source.DoAsync("migrate-start-postcopy");
    }

    private async Task<JsonElement> FollowAsync(BenchGuest source, BenchGuest target, CancellationToken cancellation)
    {
        var (switched, runs) = (false, false);
        while (true)
        {
            var seen = await source.DoAsync("query-migrate");
            var status = seen.GetProperty("status").GetString();
            if (status is "failed" or "cancelled")
                throw new LabException($"The {strategy} of {program} ended as {status}.");
            var sync = Note(seen, status is "completed");
            if (strategy == Strategy.Hybrid && sync >= 2 && !switched)
            {
                switched = true;
                await source.DoAsync("migrate-start-postcopy");
            }

            if (strategy == Strategy.PreCopyAdaptive && status is "active")
                await FollowRateAsync(source, seen);
            // The target runs as soon as it has the device: in post-copy long before the end.
            if (!runs && status is "completed" or "postcopy-active")
                runs = await RunTargetAsync(target, cancellation);
            if (status is "completed")
                return seen;
            if (Elapsed() > EndsWithin.TotalMilliseconds)
                throw new LabException($"The {strategy} of {program} did not end in {EndsWithin.TotalMinutes} minutes.");
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private async Task<bool> RunTargetAsync(BenchGuest target, CancellationToken cancellation)
    {
        while (await target.PhaseAsync() is not ("completed" or "postcopy-active"))
            await Task.Delay(LookEvery, time, cancellation);
        await target.DoAsync("cont");
        return true;
    }

    private async Task FollowRateAsync(BenchGuest source, JsonElement seen)
    {
        var dirtying = seen.GetProperty("ram").GetProperty("dirty-pages-rate").GetInt64() * Limits.Guest.PageSize;
        if (_rounds.Count == 0)
            return;
        var next = AdaptiveRate.Next(_rate, line / 10, line, dirtying);
        if (next == _rate)
            return;
        _rate = next;
        await source.DoAsync("migrate-set-parameters", ("max-bandwidth", _rate));
    }

    // Rounds are counted by the dirty log's readings; the last one ends with the migration.
    private int Note(JsonElement seen, bool isEnd)
    {
        var ram = seen.GetProperty("ram");
        var sync = ram.GetProperty("dirty-sync-count").GetInt32();
        var pages = ram.GetProperty("normal").GetInt64() + ram.GetProperty("duplicate").GetInt64();
        var bytes = ram.GetProperty("transferred").GetInt64();
        if ((sync > _round.Sync && _round.Sync > 0) || isEnd)
        {
            _rounds.Add(new StrategyRound(
                _rounds.Count + 1, _round.AtMs, Elapsed() - _round.AtMs, pages - _round.Pages, bytes - _round.Bytes));
        }

        if (sync > _round.Sync)
            _round = (Elapsed(), pages, bytes, sync);
        return sync;
    }

    private static int[] ServiceOf(OperationCounts before, OperationCounts after, DateTimeOffset from, DateTimeOffset to)
    {
        var slots = (int)((to - from).TotalMilliseconds / ServiceSlotMs);
        DateTimeOffset At(int slot) => from + TimeSpan.FromMilliseconds((double)slot * ServiceSlotMs);
        return [.. Enumerable.Range(0, slots).Select(i =>
            (int)(before.Between(At(i), At(i + 1)) + after.Between(At(i), At(i + 1))))];
    }

    private double Elapsed() => time.GetElapsedTime(_began).TotalMilliseconds;
}
