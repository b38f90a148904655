using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Runtime;

/// <summary>What an actor may do besides handling messages. Only to be used from the actor itself.</summary>
public interface IActorContext
{
    IActorRef Self { get; }

    IActorRef Sender { get; }

    ActorSystem System { get; }

    ITimers Timers { get; }

    ILogger Log { get; }

    /// <summary>Cancelled as soon as a stop is asked for, so that a handler that awaits I/O can end early.</summary>
    CancellationToken Stopping { get; }

    /// <summary>A child lives no longer than its parent's incarnation: a restart stops it.</summary>
    IActorRef ActorOf(Props props, string name);

    /// <summary>Stops after the message in hand; <c>Stop(Self)</c> in an entity is passivation.</summary>
    void Stop(IActorRef actor);

    /// <summary>Sends <see cref="Terminated"/> when the actor has stopped; at once if it already has.</summary>
    void Watch(IActorRef actor);

    void Unwatch(IActorRef actor);
}
