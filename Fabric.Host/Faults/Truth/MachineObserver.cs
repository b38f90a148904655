using Fabric.Drivers;
using Fabric.Drivers.Qmp;

namespace Fabric.Host.Faults.Truth;

/// <summary>
/// Watches one hypervisor process through a monitor that the product does not use. It never asks for anything but the
/// run state, so what it sees is what would have happened without it.
/// </summary>
internal static class MachineObserver
{
    // Cheap for the hypervisor (1 ms of its main loop), and below the shortest pause that a switchover needs.
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan ConnectEvery = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits for the process, then watches it to its end.</summary>
    public static async Task RunAsync(CopyTrack track, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await using var monitor = await ConnectAsync(track, time, cancellation);
            track.NoteAppeared();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var sampling = SampleAsync(monitor, track, time, ended.Token);
            await foreach (var happened in monitor.Events.ReadAllAsync(cancellation))
                Take(happened, track, time);
            await ended.CancelAsync();
            await sampling;

            // The connection ends with the process: a hypervisor does not close its monitors otherwise.
            track.Runs.Stopped(time.GetUtcNow());
            track.NoteGone(time.GetUtcNow());
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
    }

    private static void Take(QmpEvent happened, CopyTrack track, TimeProvider time)
    {
        var at = happened.At ?? time.GetUtcNow();
        switch (happened.Name)
        {
            case "RESUME":
                track.Runs.Resumed(at);
                break;
            case "STOP":
                track.Runs.Stopped(at);
                break;
        }
    }

    private static async Task<QmpClient> ConnectAsync(
        CopyTrack track, TimeProvider time, CancellationToken cancellation)
    {
        var path = track.Files.ObserverMonitor;
        while (true)
        {
            try
            {
                if (File.Exists(path))
                    return await QmpClient.ConnectAsync(path, new QmpOptions(), time, cancellation);
            }
            catch (HypervisorException)
            {
                // Bound but not served yet, or left by a process that is gone.
            }

            await Task.Delay(ConnectEvery, time, cancellation);
        }
    }

    private static async Task SampleAsync(
        QmpClient monitor, CopyTrack track, TimeProvider time, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(SampleEvery, time);
        try
        {
            do
                await SampleOnceAsync(monitor, track, time, cancellation);
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // Over.
        }
    }

    private static async Task SampleOnceAsync(
        QmpClient monitor, CopyTrack track, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            var asked = time.GetUtcNow();
            var status = await monitor.ExecuteAsync("query-status", cancellation: cancellation);
            track.Samples++;
            if (status.GetProperty("running").GetBoolean())
                track.Runs.SeenRunning(asked);
        }
        catch (HypervisorException)
        {
            // It does not answer, as in its last bytes, or is gone; its events tell.
        }
    }
}
