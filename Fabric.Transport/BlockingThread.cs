namespace Fabric.Transport;

/// <summary>Threads for calls that block: the pool's few are for those that do not.</summary>
internal static class BlockingThread
{
    /// <summary>Runs it on a thread of its own; its result, or its error, is the task's.</summary>
    public static Task<T> RunAsync<T>(string name, Func<T> run)
    {
        var ended = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                ended.SetResult(run());
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return ended.Task;
    }

    /// <summary>Runs it on a thread of its own, whose end nobody waits for; it must not throw.</summary>
    public static void Run(string name, Action run) =>
        new Thread(() => run()) { IsBackground = true, Name = name }.Start();

    /// <inheritdoc cref="RunAsync{T}"/>
    public static Task RunAsync(string name, Action run) => RunAsync(name, () =>
    {
        run();
        return true;
    });
}
