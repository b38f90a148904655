using System.Diagnostics;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;

namespace Fabric.Simulation.Runs;

/// <summary>Many runs on a few threads; each run is on one. What is found first does not depend on how many.</summary>
public sealed class Batch(int threads, Plant? plant)
{
    /// <summary>After so many broken runs the rest is not worth the time.</summary>
    private const int BrokenMax = 20;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, RunResult> _broken = [];
    private long _next;

    public long Runs { get; private set; }

    public long Migrations { get; private set; }

    public long FaultsInjected { get; private set; }

    public Coverage Coverage { get; } = new();

    public TimeSpan Took { get; private set; }

    /// <summary>Broken runs by their number.</summary>
    public IReadOnlyDictionary<long, RunResult> Broken => _broken;

    /// <summary>A batch for a plant ends with its first find.</summary>
    public bool StopsAtFirst { get; init; }

    /// <summary>Runs the plans of the numbers from 0; null where the enumeration leaves one out.</summary>
    public void Run(long count, Func<long, Plan?> planOf)
    {
        var watch = Stopwatch.StartNew();
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() => Work(count, planOf))).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        Took = watch.Elapsed;
    }

    private void Work(long count, Func<long, Plan?> planOf)
    {
        var coverage = new Coverage();
        long runs = 0, migrations = 0, faults = 0;
        for (var number = Take(); number < count; number = Take())
        {
            if (planOf(number) is not { } plan)
                continue;
            var result = RunResult.Of(plan, plant);
            runs++;
            migrations += result.Migrations;
            faults += result.Injected.Count;
            coverage.Add(result.Injected);
            if (result.Broken is null)
                continue;
            lock (_gate)
                _broken[number] = result;
        }

        lock (_gate)
        {
            Runs += runs;
            Migrations += migrations;
            FaultsInjected += faults;
            Coverage.Add(coverage);
        }
    }

    /// <summary>Numbers are taken in order, so when one is broken all smaller ones have been or are being run.</summary>
    private long Take()
    {
        lock (_gate)
            return _broken.Count >= (StopsAtFirst ? 1 : BrokenMax) ? long.MaxValue : _next++;
    }
}
