using System.CommandLine;
using Fabric.Host.Bench.Strategies;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary><c>fabric bench strategies</c>: five ways to move the same guests.</summary>
internal static class StrategiesVerb
{
    /// <summary>As it is written.</summary>
    public const string Name = "strategies";

    public static Command Create(CliContext cli)
    {
        var quick = new Option<bool>("--quick") { Description = "Two programs, 16 MiB and the fast line only" };
        var programs = new Option<string[]>("--only") { Description = "Only this guest program; may be repeated" };
        programs.AcceptOnlyFromAmong([.. GuestProgramSpec.All]);
        var memory = UnitOptions.Size("--memory", "The guests' memory (64MiB)");
        var report = new Option<string?>("--report")
        {
            Description = "Also write strategies.json and strategies.html there",
            HelpName = "folder",
        };
        var json = Output.JsonOption();
        var command = new Command(
            Name,
            "Move embedded guests by stop-and-copy, pre-copy at a fixed and at an adaptive rate, post-copy and both, over " +
            "100 and 1000 Mbit/s: time, downtime, bytes and lost operations of each. Takes some ten minutes.")
        {
            quick, programs, memory, report, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var options = parsed.GetValue(quick) ? StrategiesOptions.Quick : new StrategiesOptions();
            return StrategiesCommand.RunAsync(
                options with
                {
                    Programs = parsed.GetValue(programs) is { Length: > 0 } only ? only : options.Programs,
                    MemoryBytes = parsed.GetValue(memory) ?? options.MemoryBytes,
                },
                parsed.GetValue(report), cli, parsed.GetValue(json), cancellation);
        });
        return command;
    }
}
