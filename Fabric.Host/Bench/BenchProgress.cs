using Spectre.Console;

namespace Fabric.Host.Bench;

/// <summary>A bar on a terminal, with a line for each step above it; elsewhere only the lines.</summary>
internal static class BenchProgress
{
    /// <summary>Runs what tells its lines and its progress, from 0 to 1.</summary>
    public static Task<T> RunAsync<T>(
        IAnsiConsole console, string what, Func<Action<string>, Action<double>, Task<T>> run)
    {
        if (!console.Profile.Capabilities.Interactive)
            return run(line => console.WriteLine(line), _ => { });
        return console.Progress().AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context =>
            {
                var bar = context.AddTask(what, maxValue: 1);
                return run(line => console.WriteLine(line), done => bar.Value = done);
            });
    }
}
