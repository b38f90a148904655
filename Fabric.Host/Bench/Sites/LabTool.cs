using System.Diagnostics;
using System.Globalization;
using Fabric.Host.Faults;

namespace Fabric.Host.Bench.Sites;

/// <summary>Programs of the system that a bench uses: iproute2, qemu-img, coreutils.</summary>
internal static class LabTool
{
    /// <summary>Runs one to its end; what it wrote.</summary>
    /// <exception cref="LabException">It failed.</exception>
    public static async Task<string> RunAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var tool = Process.Start(start)
            ?? throw new LabException($"{program} does not start: run deploy/setup.sh.");
        var errors = tool.StandardError.ReadToEndAsync(cancellation);
        var output = await tool.StandardOutput.ReadToEndAsync(cancellation);
        await tool.WaitForExitAsync(cancellation);
        return tool.ExitCode == 0
            ? output
            : throw new LabException($"{program} {string.Join(' ', arguments)}: {(await errors).Trim()}");
    }

    /// <summary>What a file takes on its file system.</summary>
    public static async Task<long> AllocatedBytesAsync(string path, CancellationToken cancellation)
    {
        var told = (await RunAsync("stat", ["-c", "%b %B", path], cancellation)).Split(' ');
        return long.Parse(told[0], CultureInfo.InvariantCulture) * long.Parse(told[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The processes that want to run, over the last minute; null where the system does not say.</summary>
    public static double? LoadAverage()
    {
        try
        {
            return double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
