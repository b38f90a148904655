using Fabric.Actors.Runtime;

namespace Fabric.Simulation.World;

/// <summary>An address outside of all actors.</summary>
internal sealed class Ears(Action<object> hear) : IActorRef
{
    public string Path => "/outside";

    public TellResult Tell(object message, IActorRef? sender = null)
    {
        hear(message);
        return TellResult.Accepted;
    }

    public ValueTask<TellResult> TellAsync(
        object message, IActorRef? sender = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Tell(message, sender));

    public Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("it only hears");
}
