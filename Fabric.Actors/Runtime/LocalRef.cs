namespace Fabric.Actors.Runtime;

/// <summary>What a plain actor's address and an entity's address have in common.</summary>
internal abstract class LocalRef(ActorSystem system, string path) : IActorRef
{
    public string Path { get; } = path;

    /// <summary>The actor behind this address now, if there is one.</summary>
    internal abstract ActorCell? LiveCell { get; }

    protected ActorSystem System { get; } = system;

    public TellResult Tell(object message, IActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        var envelope = new Envelope(message, sender);
        var result = Post(envelope);
        if (result != TellResult.Accepted) Refused(envelope, result);
        return result;
    }

    public async ValueTask<TellResult> TellAsync(
        object message, IActorRef? sender = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        var envelope = new Envelope(message, sender);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = Post(envelope);
            if (result == TellResult.Accepted) return result;
            if (result != TellResult.MailboxFull)
            {
                Refused(envelope, result);
                return result;
            }

            await WaitForRoomAsync(cancellationToken);
        }
    }

    public Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        var promise = new AskPromise<T>(System, Path, message.GetType(), timeout, cancellationToken);
        Tell(message, promise);
        return promise.Reply;
    }

    public override string ToString() => Path;

    /// <summary>Delivers or says why not; reports nothing.</summary>
    internal abstract TellResult Post(Envelope envelope);

    protected abstract ValueTask WaitForRoomAsync(CancellationToken cancellationToken);

    /// <summary>The mailbox that refused; null when there is none any more.</summary>
    protected abstract Mailbox? CurrentMailbox { get; }

    private void Refused(Envelope envelope, TellResult result)
    {
        if (result == TellResult.MailboxFull && CurrentMailbox?.NoteRefused() == true)
            System.Log.OverflowStarted(Path);
        System.DeadLetter(envelope, Path, result);
    }
}
