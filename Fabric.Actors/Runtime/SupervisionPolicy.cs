using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

public enum SupervisionDirective
{
    /// <summary>A new instance after a back-off; the mailbox is kept.</summary>
    Restart = 1,

    /// <summary>The actor ends; <see cref="ActorFailed"/> is published.</summary>
    Stop,

    /// <summary>The same instance goes on with the next message. Only for faults that cannot touch its state.</summary>
    Resume,
}

/// <summary>What becomes of an actor that throws. Belongs to the actor's <see cref="Props"/>.</summary>
public sealed record SupervisionPolicy
{
    public static SupervisionPolicy Default { get; } = new();

    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(Limits.Actors.RestartBackoffMsMin);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromMilliseconds(Limits.Actors.RestartBackoffMsMax);

    /// <summary>
    /// Up to this fraction is added to a back-off, so that actors that fell together do not rise together.
    /// </summary>
    public double Jitter { get; init; } = 0.2;

    /// <summary>One more failure than this within <see cref="Window"/> stops the actor.</summary>
    public int RestartsMax { get; init; } = Limits.Actors.RestartsMax;

    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(Limits.Actors.RestartWindowMs);

    /// <summary>
    /// An actor that lost touch with its journal comes back by itself after this long and reads it again; its messages
    /// wait so long. Null: it stops, and its next message starts it, at once and again and again while the journal
    /// fails.
    /// </summary>
    public TimeSpan? RereadAfter { get; init; }

    public Func<Exception, SupervisionDirective> Decider { get; init; } = _ => SupervisionDirective.Restart;

    /// <summary><see cref="StopActorException"/> stops whatever the decider thinks: the actor asked for it.</summary>
    public SupervisionDirective Decide(Exception exception) =>
        exception is StopActorException ? SupervisionDirective.Stop : Decider(exception);

    /// <param name="restarts">Restarts that already lie in the window.</param>
    /// <param name="chance">From 0 up to 1.</param>
    public TimeSpan Backoff(int restarts, double chance)
    {
        var delay = Math.Min(BackoffMin.TotalMilliseconds * Math.Pow(2, restarts), BackoffMax.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(delay * (1 + (Jitter * chance)));
    }
}
