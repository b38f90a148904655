namespace Fabric.Actors.Runtime;

/// <summary>Where a reply goes when the message named no sender.</summary>
internal sealed class DeadLetterRef(ActorSystem system) : IActorRef
{
    public string Path => "/dead-letters";

    public TellResult Tell(object message, IActorRef? sender = null)
    {
        system.DeadLetter(new Envelope(message, sender), Path, TellResult.Stopped);
        return TellResult.Stopped;
    }

    public ValueTask<TellResult> TellAsync(
        object message, IActorRef? sender = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Tell(message, sender));

    public Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Task.FromException<T>(new AskRefusedException(Path, message.GetType(), TellResult.Stopped));
}
