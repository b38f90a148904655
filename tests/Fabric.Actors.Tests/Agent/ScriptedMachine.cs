using System.Threading.Channels;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Agent;

/// <summary>A process whose events are said by the test, and whose looks the test answers.</summary>
internal sealed class ScriptedMachine : IMachine
{
    private readonly Channel<MachineEvent> _events = Channel.CreateBounded<MachineEvent>(16);
    private readonly TaskCompletionSource _exited = new();

    public Func<MachineStatus> Look { get; set; } = () =>
        new MachineStatus(RunState.Running, MigrationPhase.None, null, null);

    public int ProcessId => 4711;

    public Task Exited => _exited.Task;

    public void Say(MachineEvent happened) => _events.Writer.TryWrite(happened).ShouldBeTrue();

    public Task<MachineStatus> ObserveAsync(CancellationToken cancellation) => Task.FromResult(Look());

    public IAsyncEnumerable<MachineEvent> EventsAsync(CancellationToken cancellation) =>
        _events.Reader.ReadAllAsync(cancellation);

    public Task ContinueAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task PauseAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task BeginIncomingAsync(string socketPath, CancellationToken cancellation) => Task.CompletedTask;

    public Task BeginOutgoingAsync(string socketPath, TransferPolicy policy, CancellationToken cancellation) =>
        Task.CompletedTask;

    public Task ContinueSwitchoverAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task CancelOutgoingAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task SetPolicyAsync(TransferPolicy policy, CancellationToken cancellation) => Task.CompletedTask;

    public Channel<TransferLimits> Limits { get; } = Channel.CreateBounded<TransferLimits>(64);

    public Task LimitAsync(TransferLimits limits, CancellationToken cancellation)
    {
        Limits.Writer.TryWrite(limits);
        return Task.CompletedTask;
    }

    public Task<DirtyingSeen> WatchDirtyingAsync(TimeSpan interval, CancellationToken cancellation) =>
        Task.FromResult(new DirtyingSeen(0, interval));

    public Task PowerDownAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task KillAsync(CancellationToken cancellation)
    {
        _exited.TrySetResult();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
