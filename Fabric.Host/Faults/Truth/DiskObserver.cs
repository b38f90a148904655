namespace Fabric.Host.Faults.Truth;

/// <summary>Watches which images one hypervisor process may write, also while it hangs or gets no time.</summary>
internal static class DiskObserver
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks until the process is gone.</summary>
    /// <param name="track">The process.</param>
    /// <param name="directories">Where images are.</param>
    /// <param name="time">For the waits.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task RunAsync(
        CopyTrack track, IReadOnlyList<string> directories, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            using var timer = new PeriodicTimer(LookEvery, time);
            while (!track.Gone.IsCompleted && await timer.WaitForNextTickAsync(cancellation))
            {
                if (track.ProcessId is not { } process)
                    continue;
                var began = time.GetUtcNow();
                var held = ImageLocks.HeldBy(process, directories);
                track.DiskWrites.Saw(held, began, time.GetUtcNow());
            }
        }
        catch (OperationCanceledException)
        {
            // The case is over.
        }
    }
}
