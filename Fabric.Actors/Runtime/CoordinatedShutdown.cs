using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

/// <summary>
/// Ends the process in a fixed order, once, whatever asked for it first. The tasks of a phase run together; a
/// phase that fails or is late is logged and the next one starts: a shutdown that hangs ends as kill -9, which is
/// worse.
/// </summary>
public sealed class CoordinatedShutdown
{
    private readonly ActorSystem _system;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ShutdownPhase, Phase> _phases = [];
    private readonly TaskCompletionSource<IReadOnlyList<PhaseOutcome>> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal CoordinatedShutdown(ActorSystem system)
    {
        _system = system;
        foreach (var phase in Enum.GetValues<ShutdownPhase>()) _phases[phase] = new Phase();
    }

    /// <summary>Of the first call to <see cref="RunAsync"/>; null before.</summary>
    public string? Reason { get; private set; }

    public void SetTimeout(ShutdownPhase phase, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        lock (_gate) _phases[phase].Timeout = timeout;
    }

    public void AddTask(ShutdownPhase phase, string name, Func<CancellationToken, Task> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        lock (_gate)
        {
            if (Reason is not null) throw new InvalidOperationException($"Shutting down already ({Reason}): {name}.");
            _phases[phase].Tasks.Add((name, task));
        }
    }

    /// <summary>Every call gets the same task; the first call's reason counts.</summary>
    public Task<IReadOnlyList<PhaseOutcome>> RunAsync(string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        lock (_gate)
        {
            if (Reason is not null) return _done.Task;
            Reason = reason;
        }

        _system.Log.ShutdownStarted(_system.Name, reason);
        _system.Dispatcher.CreateLane("/system/shutdown").Post(
            static self => _ = ((CoordinatedShutdown)self!).RunPhasesAsync(), this);
        return _done.Task;
    }

    private async Task RunPhasesAsync()
    {
        var outcomes = new List<PhaseOutcome>(_phases.Count);
        foreach (var (name, phase) in _phases)
        {
            var fault = await RunPhaseAsync(name, phase);
            outcomes.Add(new PhaseOutcome(name, fault));
        }

        _done.TrySetResult(outcomes);
    }

    private async Task<Exception?> RunPhaseAsync(ShutdownPhase name, Phase phase)
    {
        using var late = new CancellationTokenSource(phase.Timeout, _system.Time);
        var running = phase.Tasks.Select(task => RunTaskAsync(task.Run, late.Token)).ToArray();
        try
        {
            await Task.WhenAll(running).WaitAsync(phase.Timeout, _system.Time);
            return null;
        }
        catch (Exception exception)
        {
            var open = string.Join(", ", phase.Tasks
                .Where((_, i) => !running[i].IsCompletedSuccessfully).Select(t => t.Name));
            _system.Log.ShutdownPhaseFailed(name, open, exception);
            return exception;
        }
    }

    // A task that throws before its first await must not keep the others of its phase from running.
    private static async Task RunTaskAsync(Func<CancellationToken, Task> task, CancellationToken late) =>
        await task(late);

    private sealed class Phase
    {
        public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(Limits.Actors.ShutdownPhaseMs);

        public List<(string Name, Func<CancellationToken, Task> Run)> Tasks { get; } = [];
    }
}
