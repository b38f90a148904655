namespace Fabric.Actors.Runtime;

// What the runtime tells a cell. These go round the mailbox, so a full mailbox cannot lose them; each is sent a
// bounded number of times (one start, one stop, one notice per child or watched actor, one per back-off).
internal abstract record SystemMessage;

internal sealed record StartMessage : SystemMessage;

internal sealed record StopMessage : SystemMessage;

internal sealed record BackoffElapsedMessage(int Incarnation) : SystemMessage;

internal sealed record ChildStoppedMessage(ActorCell Child) : SystemMessage;

internal sealed record WatchMessage(ActorCell Watcher, IActorRef As) : SystemMessage;

internal sealed record UnwatchMessage(ActorCell Watcher) : SystemMessage;

internal sealed record DeathNoticeMessage(IActorRef Actor) : SystemMessage;

internal enum StopCause
{
    /// <summary>Somebody asked: what waits in an entity's mailbox is for its next incarnation.</summary>
    Requested = 1,

    /// <summary>The incarnation lost touch with its journal; the next one may go on with the mailbox.</summary>
    Retired,

    /// <summary>It failed for good: going on with the same mailbox would fail the same way.</summary>
    Failed,
}
