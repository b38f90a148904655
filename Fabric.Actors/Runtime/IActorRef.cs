namespace Fabric.Actors.Runtime;

/// <summary>The address of an actor. Holding one says nothing about whether the actor is alive.</summary>
public interface IActorRef
{
    string Path { get; }

    /// <summary>Never blocks. What is not accepted goes to the dead letters.</summary>
    TellResult Tell(object message, IActorRef? sender = null);

    /// <summary>Waits for room in the mailbox: back-pressure for senders that may wait.</summary>
    ValueTask<TellResult> TellAsync(
        object message, IActorRef? sender = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends and awaits one reply. A <see cref="Failure"/> as reply is thrown. <see cref="AskRefusedException"/>:
    /// the message was certainly not handled. <see cref="AskTimeoutException"/>: unknown, it may have been.
    /// </summary>
    Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default);
}
