using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Runtime;

/// <summary>
/// One message at a time, in order per sender; while <see cref="ReceiveAsync"/> awaits, the next message waits too.
/// Fields need no lock. Do not use <c>ConfigureAwait(false)</c>: it leaves the actor's lane.
/// </summary>
public abstract class Actor
{
    private ActorCell? _cell;

    protected IActorContext Context =>
        _cell ?? throw new InvalidOperationException("An actor's context is not there before PreStart.");

    protected IActorRef Self => Context.Self;

    /// <summary>The reply address of the message in hand; the dead letters if it named none.</summary>
    protected IActorRef Sender => Context.Sender;

    protected ITimers Timers => Context.Timers;

    protected ILogger Log => Context.Log;

    protected abstract ValueTask ReceiveAsync(object message);

    /// <summary>Before the first message, of a restarted instance too.</summary>
    protected virtual ValueTask PreStart() => ValueTask.CompletedTask;

    /// <summary>After the last message and after all children have stopped.</summary>
    protected virtual ValueTask PostStop() => ValueTask.CompletedTask;

    /// <summary>On the failed instance, which is then dropped. The default releases what PostStop releases.</summary>
    protected virtual ValueTask PreRestart(Exception cause) => PostStop();

    internal void Attach(ActorCell cell) => _cell = cell;

    internal ValueTask DeliverAsync(object message) => ReceiveAsync(message);

    internal ValueTask StartingAsync() => PreStart();

    internal ValueTask StoppedAsync() => PostStop();

    internal ValueTask RestartingAsync(Exception cause) => PreRestart(cause);

    /// <summary>Whether an incarnation that lost touch with its journal is followed by another after a while.</summary>
    internal bool Rereads => _cell!.Rereads;

    /// <summary>Ends this incarnation after the message in hand, whatever the handler makes of the exception.</summary>
    internal void Retire(Exception cause) => _cell!.Retire(cause);
}
