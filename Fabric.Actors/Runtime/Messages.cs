namespace Fabric.Actors.Runtime;

/// <summary>A reply that says no: whoever asked gets <see cref="Cause"/> thrown.</summary>
public sealed record Failure(Exception Cause);

/// <summary>Told to a watcher after the watched actor's PostStop has run.</summary>
public sealed record Terminated(IActorRef Actor);

/// <summary>On the event stream: a message that nobody will handle.</summary>
public sealed record DeadLetter(string Target, object Message, TellResult Reason, IActorRef? Sender);

/// <summary>On the event stream: an actor failed and comes back after <see cref="Delay"/>.</summary>
public sealed record ActorRestarting(string Path, Exception Cause, int Attempt, TimeSpan Delay);

/// <summary>On the event stream: an actor failed for good and has stopped.</summary>
public sealed record ActorFailed(string Path, Exception Cause);

/// <summary>On the event stream: a persistent actor could not be recovered and has stopped; nothing else did.</summary>
public sealed record RecoveryFailed(string Path, Journal.StreamId Stream, Exception Cause);

/// <summary>
/// On the event stream: a persistent actor's append met another writer, or its result is unknown. The actor stops
/// and learns the truth from the journal when its next message, or its supervision after a while, starts it again.
/// </summary>
public sealed record WriterStopped(string Path, Journal.StreamId Stream, Exception Cause);
