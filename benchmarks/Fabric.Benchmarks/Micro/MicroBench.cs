using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Validators;

namespace Fabric.Benchmarks.Micro;

/// <summary>The small parts, with BenchmarkDotNet, in this process: time and garbage of one operation.</summary>
internal static class MicroBench
{
    private static readonly Type[] Classes = [typeof(PumpBench), typeof(JournalBench), typeof(DecideBench), typeof(NetlinkBench)];

    public static Task<BenchReport> RunAsync(BenchOptions options)
    {
        var report = new BenchReport("micro");
        using var log = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
        report.Row("operation", "median us", "error us", "bytes allocated");
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithIterationCount(options.Rounds ?? 8).WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddValidator(JitOptimizationsValidator.FailOnError)
            .AddLogger(new StreamLogger(log));
        foreach (var type in Classes)
        {
            var summary = BenchmarkRunner.Run(type, config);
            if (summary.HasCriticalValidationErrors || summary.Reports.Any(r => !r.Success))
                throw new InvalidOperationException($"{type.Name} did not run; see above");
            foreach (var measured in summary.Reports)
                Tell(report, measured);
        }

        return Task.FromResult(report);
    }

    private static void Tell(BenchReport report, BenchmarkReport measured)
    {
        var name = $"{measured.BenchmarkCase.Descriptor.WorkloadMethod.Name}{measured.BenchmarkCase.Parameters.DisplayInfo}";
        var statistics = measured.ResultStatistics!;
        var bytes = measured.GcStats.GetBytesAllocatedPerOperation(measured.BenchmarkCase) ?? 0;
        report.Row(
            name, BenchReport.Text(statistics.Median / 1000, 2), BenchReport.Text(statistics.StandardError / 1000, 2),
            bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
        report.Figure($"{name}.medianUs", statistics.Median / 1000);
        report.Figure($"{name}.bytes", bytes);
    }
}
