namespace Fabric.Host.Cli;

/// <summary>What a verb may touch of the world around it.</summary>
/// <param name="Out">What was asked for.</param>
/// <param name="Error">Everything else that is said.</param>
/// <param name="Environment">Reads an environment variable.</param>
/// <param name="Time">The clock.</param>
/// <param name="IsTerminal">Whether <paramref name="Out"/> is a terminal that can be drawn on.</param>
internal sealed record CliContext(
    TextWriter Out, TextWriter Error, Func<string, string?> Environment, TimeProvider Time, bool IsTerminal)
{
    /// <summary>The process's own.</summary>
    public static CliContext OfProcess() => new(
        Console.Out, Console.Error, System.Environment.GetEnvironmentVariable, TimeProvider.System,
        !Console.IsOutputRedirected);
}
