using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Agent;

/// <summary>Notes what it is asked for, keeps notes as the real one does, and fails where the test says.</summary>
internal sealed class ScriptedRedirector(List<string> calls, string? name = null) : INetworkRedirector
{
    private readonly Dictionary<NetworkRole, NetworkNote> _notes = [];
    private readonly Lock _gate = new();

    /// <summary>Steps that fail, each so often as it is in here.</summary>
    public List<NetworkStep> Failing { get; } = [];

    /// <summary>Prepares find everything as they want it.</summary>
    public bool IsToldAlready { get; set; }

    /// <summary>What a tunnel had brought when it is released.</summary>
    public TunnelTraffic? Received { get; set; }

    public TaskCompletionSource? Stuck { get; set; }

    public Task<NetworkStepResult> PrecheckAsync(NetworkMove move, CancellationToken cancellation) =>
        StepAsync(NetworkStep.Precheck, move, () => { });

    public Task<NetworkStepResult> PrepareAsync(NetworkMove move, CancellationToken cancellation) =>
        StepAsync(NetworkStep.Prepare, move, () =>
        {
            if (_notes.TryGetValue(move.Role, out var note) && !note.IsOf(move))
                throw Wrong(NetworkFault.EarlierMoveOpen);
            _notes[move.Role] = new NetworkNote(move, []);
        });

    public async Task<NetworkStepResult> ActivateAsync(NetworkMove move, CancellationToken cancellation)
    {
        if (Stuck is { } stuck)
            await stuck.Task;
        return await StepAsync(NetworkStep.Activate, move, () =>
        {
            if (!_notes.TryGetValue(move.Role, out var note) || !note.IsOf(move))
                throw Wrong(NetworkFault.NotPrepared);
        });
    }

    public Task<NetworkStepResult> RollBackAsync(NetworkMove move, CancellationToken cancellation) =>
        StepAsync(NetworkStep.RollBack, move, () => _notes.Remove(move.Role));

    public Task<NetworkStepResult> ReleaseAsync(NetworkMove move, CancellationToken cancellation) =>
        StepAsync(NetworkStep.Release, move, () => _notes.Remove(move.Role));

    public Task<NetworkStepResult> LeadAsync(NetworkMove move, CancellationToken cancellation)
    {
        lock (calls)
            calls.Add($"{name}Lead {move.Vm} to {move.Target!.Host}");
        return Failing.Remove(NetworkStep.Activate)
            ? Task.FromException<NetworkStepResult>(Wrong(NetworkFault.KernelRefused))
            : Task.FromResult(new NetworkStepResult(NetworkStep.Activate, move.Role, 1, [], []));
    }

    public IReadOnlyList<NetworkNote> Open()
    {
        lock (_gate)
            return [.. _notes.Values];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<NetworkStepResult> StepAsync(NetworkStep step, NetworkMove move, Action work)
    {
        lock (_gate)
        {
            var failed = Failing.Remove(step);
            lock (calls)
                calls.Add($"{name}{step} {move.Role} {move.Migration}/{move.Attempt}{(failed ? " failed" : "")}");
            if (move.Faults() is { Count: > 0 } faults)
                throw new InvalidOperationException(string.Join("; ", faults));
            if (failed)
                throw Wrong(NetworkFault.KernelRefused);
            work();
            IReadOnlyList<NetworkFinding> findings = IsToldAlready ? [] : [new NetworkFinding("it", NetworkFound.Changed, 1)];
            return Task.FromResult(new NetworkStepResult(step, move.Role, 1, findings, []) { Received = step == NetworkStep.Release ? Received : null });
        }
    }

    private static NetworkException Wrong(NetworkFault fault) => new(fault, "vweb", "as the test says", "Mend it.");
}
