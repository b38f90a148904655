using System.Diagnostics;
using System.Globalization;

namespace Fabric.Benchmarks.Whole;

/// <summary>
/// An agent as a process of its own, under the settings (garbage collector and all) that the node's program is
/// shipped with.
/// </summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private const string Settings = "fabric.runtimeconfig.json";
    private readonly Process _process;

    private AgentProcess(Process process) => _process = process;

    public static AgentProcess Start(string config)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && path.EndsWith("dotnet", StringComparison.Ordinal)
            ? path
            : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        foreach (var argument in new[]
        {
            "exec", "--runtimeconfig", In(Settings), "--depsfile", In("Fabric.Benchmarks.deps.json"),
            In("Fabric.Benchmarks.dll"), MemoryBench.AgentVerb, config,
        })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("the agent did not start");
        process.ErrorDataReceived += (_, line) =>
        {
            var text = line.Data ?? "";
            if (text.Contains("warn", StringComparison.Ordinal) || text.Contains("fail", StringComparison.Ordinal))
                BenchOptions.Note(text);
        };
        process.BeginErrorReadLine();
        return new AgentProcess(process);
    }

    /// <summary>Resident now, in MiB.</summary>
    public double ResidentMiB => Status("VmRSS:");

    /// <summary>The most that ever was resident, in MiB.</summary>
    public double PeakMiB => Status("VmHWM:");

    /// <summary>Of what is resident now: what no file backs.</summary>
    public double AnonymousMiB => Status("RssAnon:");

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string In(string file) => Path.Combine(AppContext.BaseDirectory, file);

    private double Status(string key)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return double.Parse(line.AsSpan(key.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) / 1024;
    }
}
