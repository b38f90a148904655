using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Demo;

/// <summary>
/// What <c>fabric demo</c> does. Exit codes: 0 the rules held and the guest is clean; 1 they did not, or the demo could
/// not be carried out: then there is no report, and standard error says why.
/// </summary>
public static class DemoCommand
{
    private const int Failed = 1;

    /// <summary>One demo. With <paramref name="json"/>, standard output gets one line of JSON only.</summary>
    public static Task<int> RunAsync(
        LabOptions options, FaultCase? fault, bool json, CancellationToken cancellation) => LabGuard.RunAsync(
        "demo",
        async cancelled =>
        {
            var screen = new CaseScreen(LabConsole.For(json), TimeProvider.System);
            var report = await LoopbackCase.RunAsync(options, fault, screen, TimeProvider.System, cancelled);
            if (json)
                await Console.Out.WriteLineAsync(report.ToJson());
            else
                screen.Show(report);
            return report.Ok ? 0 : Failed;
        },
        cancellation);

    /// <summary>One demo between two sites.</summary>
    internal static Task<int> RunSitesAsync(
        SitesOptions options, FaultCase? fault, bool json, CancellationToken cancellation) => LabGuard.RunAsync(
        "demo",
        async cancelled =>
        {
            var console = LabConsole.For(json);
            var screen = new CaseScreen(console, TimeProvider.System);
            var report = await new SitesRun(options, fault, screen, TimeProvider.System).RunAsync(cancelled);
            if (json)
                await Console.Out.WriteLineAsync(report.ToJson());
            else
                SitesScreen.Show(report, screen, console);
            return report.Ok ? 0 : Failed;
        },
        cancellation);

    /// <summary>Every victim at every stage.</summary>
    /// <param name="options">For each of them.</param>
    /// <param name="markdown">File for the table; null writes none.</param>
    /// <param name="json">One line of JSON at the end instead of the table.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Task<int> RunMatrixAsync(
        LabOptions options, string? markdown, bool json, CancellationToken cancellation) => LabGuard.RunAsync(
        "demo",
        async cancelled =>
        {
            var screen = new CaseScreen(LabConsole.For(json), TimeProvider.System);
            var quiet = new CaseScreen(LabConsole.Quiet(), TimeProvider.System);
            var cells = await DemoMatrix.RunAsync(
                (victim, stage) =>
                    LoopbackCase.RunAsync(
                        options, DemoFaults.CaseOf(victim, stage), quiet, TimeProvider.System, cancelled),
                cell => screen.Say($"{cell.At,-14} {cell.Kill,-13} {DemoMatrix.Summary(cell)}"),
                cancelled);
            if (markdown is not null)
                await File.WriteAllTextAsync(markdown, DemoMatrix.ToMarkdown(cells), cancelled);
            await Console.Out.WriteLineAsync(json ? DemoMatrix.ToJson(cells) : DemoMatrix.ToMarkdown(cells));
            return cells.All(c => c.Ok) ? 0 : Failed;
        },
        cancellation);
}
