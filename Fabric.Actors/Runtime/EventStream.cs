using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

/// <summary>
/// Publish and subscribe by type, within one process, at most once. A publisher never waits: a subscribed actor
/// whose mailbox is full misses the event; a reader that is slow loses the oldest and can see how many.
/// </summary>
public sealed class EventStream
{
    private readonly Lock _gate = new();
    private Subscriber[] _subscribers = [];

    public void Publish(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        foreach (var subscriber in Volatile.Read(ref _subscribers))
            if (subscriber.Type.IsInstanceOfType(@event))
                subscriber.Deliver(@event);
    }

    /// <summary>Dispose the result to unsubscribe; an actor does so in its PostStop.</summary>
    public IDisposable Subscribe<T>(IActorRef actor)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(actor);
        // Not Tell: a full mailbox would publish a dead letter, which may have the same subscriber.
        return Add(typeof(T), actor is LocalRef local
            ? e => local.Post(new Envelope(e, null))
            : e => actor.Tell(e));
    }

    public EventSubscription<T> Subscribe<T>(int capacity = Limits.Actors.SubscriptionCapacityDefault)
        where T : class
    {
        var subscription = new EventSubscription<T>(capacity);
        subscription.Ends(Add(typeof(T), e => subscription.Write((T)e)));
        return subscription;
    }

    private Subscription Add(Type type, Action<object> deliver)
    {
        var subscriber = new Subscriber(type, deliver);
        lock (_gate) _subscribers = [.. _subscribers, subscriber];
        return new Subscription(this, subscriber);
    }

    private void Remove(Subscriber subscriber)
    {
        lock (_gate) _subscribers = [.. _subscribers.Where(s => !ReferenceEquals(s, subscriber))];
    }

    private sealed record Subscriber(Type Type, Action<object> Deliver);

    private sealed class Subscription(EventStream stream, Subscriber subscriber) : IDisposable
    {
        public void Dispose() => stream.Remove(subscriber);
    }
}
