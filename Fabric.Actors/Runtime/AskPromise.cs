namespace Fabric.Actors.Runtime;

/// <summary>The reply address of one Ask: takes the first reply and nothing after it.</summary>
internal interface IAskPromise : IActorRef
{
    void Refuse(TellResult reason);
}

internal sealed class AskPromise<T> : IAskPromise
{
    private readonly ActorSystem _system;
    private readonly string _target;
    private readonly Type _messageType;
    private readonly TaskCompletionSource<T> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _cancellation;

    public AskPromise(
        ActorSystem system, string target, Type messageType, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _system = system;
        _target = target;
        _messageType = messageType;
        Path = $"/temp/ask-{system.NextAsk()}";
        _timer = system.Time.CreateTimer(
            _ => Fail(new AskTimeoutException(target, messageType, timeout)), null, timeout, Timeout.InfiniteTimeSpan);
        _cancellation = cancellationToken.UnsafeRegister(
            (_, token) =>
            {
                if (_reply.TrySetCanceled(token)) _timer.Dispose();
            },
            null);
    }

    public string Path { get; }

    public Task<T> Reply => _reply.Task;

    public TellResult Tell(object message, IActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        var taken = message switch
        {
            Failure failure => Fail(failure.Cause),
            T reply => Succeed(reply),
            _ => Fail(new UnexpectedReplyException(_target, typeof(T), message)),
        };
        if (taken) return TellResult.Accepted;
        // A reply after the time-out: the asker has already filed this as unknown.
        _system.DeadLetter(new Envelope(message, sender), Path, TellResult.Stopped);
        return TellResult.Stopped;
    }

    public ValueTask<TellResult> TellAsync(
        object message, IActorRef? sender = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Tell(message, sender));

    public Task<TReply> Ask<TReply>(object message, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"{Path} is a reply address; it cannot be asked.");

    public void Refuse(TellResult reason) => Fail(new AskRefusedException(_target, _messageType, reason));

    private bool Succeed(T reply) => _reply.TrySetResult(reply) && Release();

    private bool Fail(Exception cause) => _reply.TrySetException(cause) && Release();

    private bool Release()
    {
        _timer.Dispose();
        // Unregister, not Dispose: Dispose would wait for a cancellation that runs at this moment.
        _cancellation.Unregister();
        return true;
    }
}
