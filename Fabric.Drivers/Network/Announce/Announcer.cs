using Fabric.Protocol;

namespace Fabric.Drivers.Network.Announce;

/// <summary>
/// The rounds of announcements of the VMs that have come. The first is sent at once, the others follow by themselves; a
/// later move of the same VM ends them, for they would then tell an old story.
/// </summary>
internal sealed class Announcer(TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<VmId, (CancellationTokenSource Stop, Task Rounds)> _running = [];

    /// <summary>Sends the first round, and lets the others follow.</summary>
    /// <param name="vm">Who has come.</param>
    /// <param name="send">Sends one round; throws when it cannot.</param>
    public void Begin(VmId vm, Action send)
    {
        var before = Take(vm);
        before?.Stop.Cancel();
        send();
        var stop = new CancellationTokenSource();
        lock (_lock)
        {
            _running[vm] = (stop, FollowAsync(send, stop.Token));
        }
    }

    /// <summary>Ends the rounds of a VM; when this returns no frame is sent any more.</summary>
    public async Task EndAsync(VmId vm)
    {
        if (Take(vm) is not { } running)
            return;
        await running.Stop.CancelAsync();
        await running.Rounds.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        running.Stop.Dispose();
    }

    /// <summary>The rounds of a VM that are still to come; it fails when one could not be sent.</summary>
    public Task RoundsOf(VmId vm)
    {
        lock (_lock)
        {
            return _running.TryGetValue(vm, out var running) ? running.Rounds : Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        VmId[] all;
        lock (_lock)
        {
            all = [.. _running.Keys];
        }

        foreach (var vm in all)
            await EndAsync(vm);
    }

    private async Task FollowAsync(Action send, CancellationToken stop)
    {
        var at = Limits.Network.AnnounceAtMs;
        for (var round = 1; round < at.Count; round++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(at[round] - at[round - 1]), time, stop);
            send();
        }
    }

    private (CancellationTokenSource Stop, Task Rounds)? Take(VmId vm)
    {
        lock (_lock)
        {
            return _running.Remove(vm, out var running) ? running : null;
        }
    }
}
