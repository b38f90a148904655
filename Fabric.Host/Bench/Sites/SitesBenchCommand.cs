using Fabric.Host.Faults.Lab;
using Spectre.Console;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// What <c>fabric bench sites</c> does. Exit codes: 0 every guest arrived with its connection, memory and disk, whether or
/// not a bar is missed; 1 not.
/// </summary>
internal static class SitesBenchCommand
{
    private const int Failed = 1;

    public static Task<int> RunAsync(SitesBenchOptions options, bool json, CancellationToken cancellation) =>
        LabGuard.RunAsync(
            "bench sites",
            async stop =>
            {
                var console = LabConsole.For(json);
                var report = await BenchProgress.RunAsync(
                    console, "bench sites",
                    (say, progress) => new SitesBench(options, say, progress, TimeProvider.System).RunAsync(stop));
                if (json)
                    await Console.Out.WriteLineAsync(report.ToJson());
                console.Write(SitesTable.Of(report));
                return report.Clean ? 0 : Failed;
            },
            cancellation);
}
