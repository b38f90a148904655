using System.Diagnostics;
using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>Runs <c>deploy/lab/up</c> and <c>down</c>.</summary>
internal static class LabScripts
{
    /// <summary>Where labs keep their files; one that is up has its <c>lab.json</c> there.</summary>
    private const string Home = "/var/lib/fabric-lab";

    /// <summary>A lab that is up; null when there is none of that name.</summary>
    public static LabFacts? Find(string name)
    {
        var file = Path.Combine(Home, name, "lab.json");
        return File.Exists(file) ? Read(File.ReadAllText(file)) : null;
    }

    /// <summary>Makes a lab; its nodes are this very program.</summary>
    /// <exception cref="LabException">It cannot be made; nothing of it is left.</exception>
    public static async Task<LabFacts> UpAsync(
        IReadOnlyList<string> arguments, TimeProvider time, CancellationToken cancellation) =>
        Read(await RunAsync("up", arguments, time, cancellation));

    /// <summary>Takes it away.</summary>
    public static Task DownAsync(string name, TimeProvider time) =>
        RunAsync("down", ["--name", name], time, CancellationToken.None);

    private static LabFacts Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, LabFactsJson.Default.LabFacts)
                ?? throw new LabException("deploy/lab/up said nothing of the lab.");
        }
        catch (JsonException e)
        {
            throw new LabException($"What deploy/lab/up says of the lab is not understood: {e.Message}", e);
        }
    }

    private static async Task<string> RunAsync(
        string script, IReadOnlyList<string> arguments, TimeProvider time, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(PathOf(script), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FABRIC_DLL"] = typeof(LabScripts).Assembly.Location;
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.Demo.LabScriptMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        using var process = Process.Start(start) ?? throw new LabException($"{start.FileName} does not start.");
        try
        {
            var errors = process.StandardError.ReadToEndAsync(either.Token);
            var output = await process.StandardOutput.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            return process.ExitCode == 0
                ? output
                : throw new LabException($"The lab: {Output(await errors)}");
        }
        catch (OperationCanceledException)
        {
            // The script undoes what it did when it is told to end.
            using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
                await kill.WaitForExitAsync(CancellationToken.None);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            throw new LabException($"{start.FileName} did not end in {Limits.Demo.LabScriptMs / 1000} s.");
        }
    }

    private static string Output(string text) => text.Trim().Replace('\n', ' ');

    private static string PathOf(string script)
    {
        var relative = Path.Combine("deploy", "lab", script);
        var home = Environment.GetEnvironmentVariable("FABRIC_HOME");
        for (var at = new DirectoryInfo(home ?? AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Path.Combine(at.FullName, relative) is var path && File.Exists(path))
                return path;
        }

        throw new LabException($"{relative} is not found: set FABRIC_HOME to a checkout.");
    }
}
