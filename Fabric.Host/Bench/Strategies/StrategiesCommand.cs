using System.Globalization;
using System.Text.Json;
using Fabric.Host.Cli;
using Fabric.Host.Faults.Lab;
using Spectre.Console;

namespace Fabric.Host.Bench.Strategies;

/// <summary>What <c>fabric bench strategies</c> does: every way, program and line; a bar, a table, JSON and a page.</summary>
internal static class StrategiesCommand
{
    public static Task<int> RunAsync(
        StrategiesOptions options, string? folder, CliContext cli, bool json, CancellationToken cancellation) =>
        LabGuard.RunAsync("bench", async cancelled =>
        {
            var console = LabConsole.For(json);
            var report = await BenchProgress.RunAsync(
                console, "bench strategies",
                (say, progress) => CompareAsync(options, say, progress, cli.Time, cancelled));
            if (folder is not null)
            {
                Directory.CreateDirectory(folder);
                await File.WriteAllTextAsync(Path.Combine(folder, "strategies.json"), ToJson(report), cancelled);
                await File.WriteAllTextAsync(
                    Path.Combine(folder, "strategies.html"), StrategiesHtml.Of(report), cancelled);
            }

            if (json)
                await cli.Out.WriteLineAsync(ToJson(report));
            else
                Show(report, cli.Out);
            return report.Moves.All(m => m.Clean) ? ExitCode.Ok : ExitCode.Unexpected;
        }, cancellation);

    /// <summary>All moves, one after the other.</summary>
    public static async Task<StrategiesReport> CompareAsync(
        StrategiesOptions options, Action<string> say, Action<double> progress, TimeProvider time,
        CancellationToken cancellation)
    {
        var plan = (from line in options.Lines
                    from program in options.Programs
                    from strategy in Enum.GetValues<Strategy>()
                    select (line, program, strategy)).ToList();
        var moves = new List<StrategyResult>();
        foreach (var (line, program, strategy) in plan)
        {
            var move = await new StrategyMove(options, program, strategy, line, time).RunAsync(cancellation);
            moves.Add(move);
            progress((double)moves.Count / plan.Count);
            say(string.Create(
                CultureInfo.InvariantCulture,
                $"[{moves.Count}/{plan.Count}] {move.LineMbps:0} Mbit/s {program} {strategy}: {move.TotalMs:0} ms, " +
                $"downtime {move.DowntimeMs:0} ms, {move.BytesOverMemory:0.00} x memory" +
                $"{(move.Clean ? "" : ", PAGES ARE WRONG")}"));
        }

        return new StrategiesReport(options.MemoryBytes, Environment.ProcessorCount, moves, StrategyShapes.Of(moves));
    }

    private static string ToJson(StrategiesReport report) =>
        JsonSerializer.Serialize(report, StrategiesJson.Default.StrategiesReport);

    private static void Show(StrategiesReport report, TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        var table = new Table().Border(TableBorder.Rounded).AddColumns(
            "Mbit/s", "program", "way", "total ms", "downtime ms", "bytes / memory", "operations lost", "= ms of work");
        foreach (var m in report.Moves)
        {
            string N(double n, string format) => n.ToString(format, CultureInfo.InvariantCulture);
            table.AddRow(
                N(m.LineMbps, "0"), m.Program, m.Strategy.ToString(), N(m.TotalMs, "0"), N(m.DowntimeMs, "0"),
                N(m.BytesOverMemory, "0.00"), N(m.OperationsLost, "0"), N(m.ServiceLostMs, "0"));
        }

        console.Write(table);
        foreach (var shape in report.Shapes)
            output.WriteLine($"{(shape.Agrees ? "agrees   " : "DISAGREES")}  {shape.What}: {shape.Seen}");
    }
}
