namespace Fabric.Actors.Runtime;

/// <summary>
/// Where actors run. Every actor has one lane; what is posted to a lane runs in order, one piece at a time, with
/// the lane as the current <see cref="SynchronizationContext"/>, so what follows an <c>await</c> inside an actor
/// comes back to the actor's lane. An actor's code therefore never runs twice at once, and whoever provides the
/// lanes decides the order of everything: in production the thread pool, in a simulation a seed.
/// </summary>
public interface IDispatcher
{
    /// <summary>Messages an actor may handle in one go before its lane is queued again.</summary>
    int MessagesPerTurn { get; }

    SynchronizationContext CreateLane(string name);
}
