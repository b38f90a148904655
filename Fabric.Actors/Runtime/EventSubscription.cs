using System.Threading.Channels;

namespace Fabric.Actors.Runtime;

/// <summary>
/// A bounded window on the event stream for code that is not an actor (server-sent events, the dashboard). When
/// the reader lags, the oldest events go and are counted: look at <see cref="TakeMissed"/> after a read and tell the
/// viewer to load the state anew when it is not zero.
/// </summary>
public sealed class EventSubscription<T> : IDisposable
    where T : class
{
    private readonly Channel<T> _channel;
    private IDisposable? _subscription;
    private long _missed;

    internal EventSubscription(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _channel = Channel.CreateBounded<T>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest },
            _ => Interlocked.Increment(ref _missed));
    }

    public ChannelReader<T> Reader => _channel.Reader;

    /// <summary>How many events were lost since the last call.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    /// <summary>Ends the subscription; the reader completes after what is still buffered.</summary>
    public void Dispose()
    {
        _subscription?.Dispose();
        _channel.Writer.TryComplete();
    }

    internal void Write(T @event) => _channel.Writer.TryWrite(@event);

    internal void Ends(IDisposable subscription) => _subscription = subscription;
}
