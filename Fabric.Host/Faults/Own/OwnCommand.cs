using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Own;

/// <summary>Runs a program of a plan: arguments as they stand there, no shell, a bounded time.</summary>
internal static class OwnCommand
{
    /// <exception cref="LabException">It cannot be started, takes too long, or ends with another code than
    /// 0.</exception>
    public static async Task RunAsync(IReadOnlyList<string> command, TimeProvider time, CancellationToken cancellation)
    {
        if (command.Count == 0)
            return;
        var start = new ProcessStartInfo(command[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        using var process = Start(start);
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.Faults.CommandMsMax), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        process.StandardInput.Close();
        var said = new Task<string>[] { TailAsync(process.StandardOutput), TailAsync(process.StandardError) };
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (cancellation.IsCancellationRequested)
                throw;
            throw new LabException(
                $"'{command[0]}' did not end within {Limits.Faults.CommandMsMax / 1000} s and was killed.");
        }

        if (process.ExitCode == 0)
            return;
        var text = string.Concat(await Task.WhenAll(said)).Trim();
        throw new LabException(string.Create(
            CultureInfo.InvariantCulture, $"'{command[0]}' ended with {process.ExitCode}: {text}"));
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LabException($"'{start.FileName}' cannot be started: {e.Message}", e);
        }
    }

    /// <summary>Reads it all, or it would block, and keeps the end.</summary>
    private static async Task<string> TailAsync(StreamReader from)
    {
        var tail = "";
        var buffer = new char[1024];
        while (await from.ReadAsync(buffer) is var read and > 0)
        {
            tail += new string(buffer, 0, read);
            if (tail.Length > Limits.Faults.CommandOutputMax)
                tail = tail[^Limits.Faults.CommandOutputMax..];
        }

        return tail;
    }
}
