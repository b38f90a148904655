using System.Runtime.InteropServices;
using Fabric.Drivers;
using Spectre.Console;

namespace Fabric.Host.Demo;

/// <summary>
/// What <c>fabric demo</c> does. Exit codes: 0 the rules held and the guest is clean; 1 they did not, or the demo could
/// not be carried out: then there is no report, and standard error says why.
/// </summary>
public static class DemoCommand
{
    private const int Failed = 1;

    /// <summary>One demo. With <paramref name="json"/>, standard output gets one line of JSON only.</summary>
    public static Task<int> RunAsync(DemoOptions options, bool json, CancellationToken cancellation) => GuardAsync(
        async cancelled =>
        {
            var screen = new DemoScreen(ConsoleFor(json), TimeProvider.System);
            var report = await new DemoRun(options, screen, TimeProvider.System).RunAsync(cancelled);
            if (json)
                await Console.Out.WriteLineAsync(report.ToJson());
            else
                screen.Show(report);
            return report.Ok ? 0 : Failed;
        },
        cancellation);

    /// <summary>Every victim at every stage.</summary>
    /// <param name="options">For each of them.</param>
    /// <param name="markdown">File for the table; null writes none.</param>
    /// <param name="json">One line of JSON at the end instead of the table.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Task<int> RunMatrixAsync(
        DemoOptions options, string? markdown, bool json, CancellationToken cancellation) => GuardAsync(
        async cancelled =>
        {
            var screen = new DemoScreen(ConsoleFor(json), TimeProvider.System);
            var quiet = new DemoScreen(Quiet(), TimeProvider.System);
            var cells = await DemoMatrix.RunAsync(
                (victim, stage) => new DemoRun(options with { Kill = victim, At = stage }, quiet, TimeProvider.System)
                    .RunAsync(cancelled),
                cell => screen.Say($"{cell.At,-14} {cell.Kill,-13} {DemoMatrix.Summary(cell)}"),
                cancelled);
            if (markdown is not null)
                await File.WriteAllTextAsync(markdown, DemoMatrix.ToMarkdown(cells), cancelled);
            await Console.Out.WriteLineAsync(json ? DemoMatrix.ToJson(cells) : DemoMatrix.ToMarkdown(cells));
            return cells.All(c => c.Ok) ? 0 : Failed;
        },
        cancellation);

    /// <summary>Ctrl-C and SIGTERM end a demo as a failure does: everything it started is taken away first.</summary>
    private static async Task<int> GuardAsync(Func<CancellationToken, Task<int>> run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            return await run(stop.Token);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("fabric demo: stopped; nothing is left running.");
            return Failed;
        }
        catch (Exception e) when (e is DemoException or HypervisorException or IOException)
        {
            await Console.Error.WriteLineAsync($"fabric demo: {e.Message}");
            return Failed;
        }
    }

    // With --json, standard output is for the machine, so progress goes where errors go.
    private static IAnsiConsole ConsoleFor(bool json)
    {
        const int widthOfFiles = 160;
        var isTerminal = json ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;
        if (isTerminal && !json)
            return AnsiConsole.Console;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(json ? Console.Error : Console.Out),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = widthOfFiles;
        return console;
    }

    private static IAnsiConsole Quiet() =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
}
