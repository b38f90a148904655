namespace Fabric.Transport.Tests;

/// <summary>A hang guard: no test waits longer for anything.</summary>
internal static class Guard
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public static CancellationToken Token() => new CancellationTokenSource(Patience).Token;

    public static Task Within(this Task task) => task.WaitAsync(Patience);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Patience);
}
