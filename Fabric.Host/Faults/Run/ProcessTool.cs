using System.Diagnostics;
using System.Globalization;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// Signals and limits for living processes, by the system's own programs: none of it needs root for one's own.
/// </summary>
internal static class ProcessTool
{
    /// <summary>Sends a signal by name; a process that is gone gets none.</summary>
    public static Task<bool> SignalAsync(int processId, string signal) =>
        RunAsync("/bin/sh", "-c", "kill -s \"$0\" \"$1\"", signal, Text(processId));

    /// <summary>
    /// No file grows any more: what a full disk does to its writers, but for the number of the error. Only the soft
    /// limit, which its owner may raise again.
    /// </summary>
    public static Task<bool> FillDiskAsync(int processId) => LimitAsync(processId, "0");

    /// <summary>Files may grow again.</summary>
    public static Task<bool> FreeDiskAsync(int processId) => LimitAsync(processId, "unlimited");

    /// <summary>Runs one of the system's programs to its end.</summary>
    /// <exception cref="LabException">It failed; it says why.</exception>
    public static async Task DoAsync(string program, params IEnumerable<string> arguments)
    {
        var line = arguments.ToList();
        var (ok, errors) = await AskAsync(program, line);
        if (!ok)
            throw new LabException($"{program} {string.Join(' ', line)}: {errors.Trim()}");
    }

    private static Task<bool> LimitAsync(int processId, string limit) =>
        RunAsync("prlimit", "--pid", Text(processId), $"--fsize={limit}:");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<bool> RunAsync(string program, params IEnumerable<string> arguments) =>
        (await AskAsync(program, arguments)).Ok;

    private static async Task<(bool Ok, string Errors)> AskAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var said = await Task.WhenAll(
                process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode == 0, said[0]);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new LabException($"'{program}' cannot be started: {e.Message} (see deploy/setup.sh).", e);
        }
    }
}
