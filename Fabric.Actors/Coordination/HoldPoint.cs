using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// A fault plan's hold: the first migration that enters the stage waits there, its event durable and nothing done in
/// it, so that something can be broken exactly then. Off unless <c>faults.hold-at</c> says otherwise.
/// </summary>
public sealed class HoldPoint(StageKind stage, TimeSpan timeout, TimeProvider time)
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reached;

    /// <summary>Lets the held migration go on.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>The stage to stop in; null once that has been done.</summary>
    public StageKind? Pending => Volatile.Read(ref _reached) == 0 ? stage : null;

    /// <summary>Waits, the first time the stage is entered, until released or timed out; true when it did.</summary>
    public async Task<bool> ReachedAsync(StageKind entered, MigrationId migration, EventStream stream)
    {
        if (entered != stage || Interlocked.Exchange(ref _reached, 1) != 0)
            return false;
        stream.Publish(new MigrationHeldAt(migration, stage, (long)timeout.TotalMilliseconds));
        await Task.WhenAny(_released.Task, Task.Delay(timeout, time));
        return true;
    }
}
