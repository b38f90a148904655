using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// One thing that is done later, again and again until it succeeds, slower and slower; whatever comes after it takes its
/// place.
/// </summary>
internal sealed class NetworkRetry(TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private bool _over;

    /// <summary>Does it after a wait, until it succeeds.</summary>
    public void Until(TimeSpan wait, Func<CancellationToken, Task<bool>> work) =>
        Begin(stop => RepeatAsync(wait, work, stop));

    /// <summary>Does one thing until it succeeds, and after it another.</summary>
    public void Until(
        TimeSpan wait, Func<CancellationToken, Task<bool>> work, TimeSpan pause, Func<CancellationToken, Task<bool>> next) =>
        Begin(async stop =>
        {
            await RepeatAsync(wait, work, stop);
            await RepeatAsync(pause, next, stop);
        });

    /// <summary>It is not wanted any more; one that is under way ends by itself.</summary>
    public void Cancel() => Begin(static _ => Task.CompletedTask);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_gate)
        {
            _over = true;
            running = _running;
        }

        await _stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Begin(Func<CancellationToken, Task> work)
    {
        lock (_gate)
        {
            if (_over)
                return;
            var (before, stopped) = (_running, _stop);
            _stop = new CancellationTokenSource();
            var stop = _stop.Token;
            stopped.Cancel();
            _running = Task.Run(async () =>
            {
                await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                stopped.Dispose();
                await work(stop);
            });
        }
    }

    private async Task RepeatAsync(TimeSpan wait, Func<CancellationToken, Task<bool>> work, CancellationToken stop)
    {
        var back = TimeSpan.FromMilliseconds(Limits.Network.RetryMsMin);
        while (true)
        {
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, stop);
            stop.ThrowIfCancellationRequested();
            if (await work(stop))
                return;
            wait = back;
            back = TimeSpan.FromMilliseconds(Math.Min(back.TotalMilliseconds * 2, Limits.Network.RetryMsMax));
        }
    }
}
