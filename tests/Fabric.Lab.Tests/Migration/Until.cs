namespace Fabric.Lab.Tests.Migration;

/// <summary>Waits for what another process does and nobody announces: looks often, and gives up loudly.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<Task<bool>> condition, int seconds = 60)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
            await tick.WaitForNextTickAsync(limit.Token);
    }
}
