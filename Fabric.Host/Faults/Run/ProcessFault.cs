namespace Fabric.Host.Faults.Run;

/// <summary>What is done for a time to processes that may end and be started again meanwhile.</summary>
internal sealed class ProcessFault(IReadOnlyList<Func<int?>> victims, TimeProvider time)
{
    // A tenth of its time: 10 ms in which it runs, 90 ms in which it does not.
    private static readonly TimeSpan Running = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Resting = TimeSpan.FromMilliseconds(90);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>They get no time.</summary>
    public Task StopAsync(TimeSpan length, CancellationToken cancellation) =>
        HoldAsync(
            length, p => ProcessTool.SignalAsync(p, "STOP"), p => ProcessTool.SignalAsync(p, "CONT"), cancellation);

    /// <summary>They cannot write.</summary>
    public Task FillDiskAsync(TimeSpan length, CancellationToken cancellation) =>
        HoldAsync(length, ProcessTool.FillDiskAsync, ProcessTool.FreeDiskAsync, cancellation);

    /// <summary>They get a tenth of their time.</summary>
    public async Task SlowAsync(TimeSpan length, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < length)
        {
            await StopAsync(Resting, cancellation);
            await Task.Delay(Running, time, cancellation);
        }
    }

    /// <summary>Whatever happens, it is undone. A process that was started again meanwhile is not spared.</summary>
    private async Task HoldAsync(
        TimeSpan length, Func<int, Task<bool>> begin, Func<int, Task<bool>> end, CancellationToken cancellation)
    {
        var held = new HashSet<int>();
        var began = time.GetTimestamp();
        try
        {
            for (var left = length; left > TimeSpan.Zero; left = length - time.GetElapsedTime(began))
            {
                foreach (var process in victims.Select(v => v()).OfType<int>().Where(held.Add))
                    await begin(process);
                await Task.Delay(left < LookEvery ? left : LookEvery, time, cancellation);
            }
        }
        finally
        {
            foreach (var process in held)
                await end(process);
        }
    }
}
