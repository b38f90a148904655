using System.Runtime.InteropServices;
using Fabric.Drivers;

namespace Fabric.Host.Faults.Lab;

/// <summary>Runs what starts processes here, and says what kept it from being carried out.</summary>
internal static class LabGuard
{
    private const int Failed = 1;

    /// <summary>Ctrl-C and SIGTERM end it as a failure does: everything it started is taken away first.</summary>
    public static async Task<int> RunAsync(
        string verb, Func<CancellationToken, Task<int>> run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            return await run(stop.Token);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"fabric {verb}: stopped; nothing is left running.");
            return Failed;
        }
        catch (Exception e) when (e is LabException or HypervisorException or IOException)
        {
            await Console.Error.WriteLineAsync($"fabric {verb}: {e.Message}");
            return Failed;
        }
    }
}
