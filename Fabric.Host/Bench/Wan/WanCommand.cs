using Fabric.Host.Faults.Lab;
using Spectre.Console;

namespace Fabric.Host.Bench.Wan;

/// <summary>What <c>fabric bench wan</c> does. Exit codes: 0 every guest arrived with its pages right; 1 not.</summary>
internal static class WanCommand
{
    private const int Failed = 1;

    public static Task<int> RunAsync(
        WanBenchOptions options, string? folder, bool json, CancellationToken cancellation) => LabGuard.RunAsync(
        "bench wan",
        async stop =>
        {
            var console = LabConsole.For(json);
            var report = await BenchProgress.RunAsync(
                console, "bench wan",
                (say, progress) => new WanBench(options, say, progress, TimeProvider.System).RunAsync(stop));
            if (folder is not null)
            {
                Directory.CreateDirectory(folder);
                await File.WriteAllTextAsync(Path.Combine(folder, "wan.json"), report.ToJson() + "\n", stop);
                await File.WriteAllTextAsync(Path.Combine(folder, "wan.html"), WanHtml.Of(report), stop);
            }

            if (json)
                await Console.Out.WriteLineAsync(report.ToJson());
            else
                console.Write(WanTable.Of(report));
            return report.Clean ? 0 : Failed;
        },
        cancellation);
}
