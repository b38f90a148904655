using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>What a finished program left.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Errors);

/// <summary>Runs a program to its end: no shell, no environment of ours, bounded output, bounded time.</summary>
internal static class ProgramRun
{
    /// <summary>Runs it.</summary>
    /// <exception cref="HypervisorException">
    /// It cannot be executed, prints too much or does not end in time.
    /// </exception>
    public static async Task<ProgramResult> ToEndAsync(
        string program,
        IEnumerable<string> arguments,
        TimeSpan timeout,
        TimeProvider time,
        CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        using var process = Start(start);
        process.StandardInput.Close();
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, program);
            var errors = ReadAsync(process.StandardError.BaseStream, program);
            await Task.WhenAll(output, errors, process.WaitForExitAsync(CancellationToken.None))
                .WaitAsync(timeout, time, cancellation);
            return new ProgramResult(process.ExitCode, await output, await errors);
        }
        catch (TimeoutException e)
        {
            throw new HypervisorException(
                HypervisorFault.NoAnswer, $"'{program}' did not end within {timeout.TotalSeconds:0.#} s.", e);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new HypervisorException(
                HypervisorFault.Missing, $"'{start.FileName}' cannot be executed: {e.Message}. Is QEMU installed?", e);
        }
    }

    private static async Task<string> ReadAsync(Stream stream, string program)
    {
        using var taken = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer) is var count and > 0)
        {
            if (taken.Length + count > Limits.Qemu.ProbeOutputBytesMax)
                throw new HypervisorException(HypervisorFault.BadMonitor, $"'{program}' prints without end.");
            taken.Write(buffer, 0, count);
        }

        return Encoding.UTF8.GetString(taken.GetBuffer(), 0, (int)taken.Length);
    }
}
