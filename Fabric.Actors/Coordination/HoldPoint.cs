using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// A fault plan's hold: a migration that enters the stage waits there, its event durable and its effects not yet run,
/// so that something can be broken exactly then. Off unless <c>faults.hold-at</c> says otherwise.
/// </summary>
public sealed class HoldPoint(StageKind stage, TimeSpan timeout, TimeProvider time)
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reached;

    /// <summary>Lets the held migration go on.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>Waits, the first time the stage is entered, until released or timed out.</summary>
    public async Task ReachedAsync(StageKind entered, MigrationId migration, EventStream stream)
    {
        if (entered != stage || Interlocked.Exchange(ref _reached, 1) != 0)
            return;
        stream.Publish(new MigrationHeldAt(migration, stage, (long)timeout.TotalMilliseconds));
        await Task.WhenAny(_released.Task, Task.Delay(timeout, time));
    }
}
