using Fabric.Protocol;
using Fabric.Drivers;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>Takes a machine's events as they come; tests wait for one of them, past or future.</summary>
internal sealed class EventLog : IAsyncDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly List<MachineEvent> _seen = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EventLog(IMachine machine) => _reading = ReadAsync(machine);

    public IReadOnlyList<MachineEvent> Seen
    {
        get
        {
            lock (_gate)
                return [.. _seen];
        }
    }

    public async Task<T> UntilAsync<T>(Func<T, bool>? which = null)
        where T : MachineEvent
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_seen.OfType<T>().FirstOrDefault(e => which?.Invoke(e) ?? true) is { } found)
                    return found;
                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(guard.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"no such {typeof(T).Name}; seen: {string.Join("; ", Seen)}", e);
            }
        }
    }

    public Task<MigrationPhaseChanged> UntilPhaseAsync(MigrationPhase phase) =>
        UntilAsync<MigrationPhaseChanged>(e => e.Phase == phase);

    /// <summary>
    /// Until a cancelled migration has ended. QEMU 9 and later shut the sockets before they set 'cancelling': if the
    /// thread that writes (or waits for the target's word) meets the broken pipe in between, the migration ends as
    /// 'failed'. Both are an end in which the source runs on.
    /// </summary>
    public Task<MigrationPhaseChanged> UntilCancelledAsync() =>
        UntilAsync<MigrationPhaseChanged>(e => e.Phase is MigrationPhase.Failed or MigrationPhase.Cancelled);

    public Task<RunStateChanged> UntilRunAsync(RunState run) => UntilAsync<RunStateChanged>(e => e.Run == run);

    /// <summary>Forgets what was seen, so that a wait is for what comes.</summary>
    public void Clear()
    {
        lock (_gate)
            _seen.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync(IMachine machine)
    {
        try
        {
            await foreach (var happened in machine.EventsAsync(_stop.Token))
            {
                lock (_gate)
                {
                    _seen.Add(happened);
                    _more.SetResult();
                    _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The log was let go.
        }
    }
}
