using System.Collections.Concurrent;
using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

/// <summary>Actors by kind and id: started on demand, at most one alive for each.</summary>
public sealed class EntityRegions
{
    private readonly ActorSystem _system;
    private readonly ConcurrentDictionary<string, EntityRegion> _regions = new(StringComparer.Ordinal);

    internal EntityRegions(ActorSystem system) => _system = system;

    /// <param name="kind">For instance <c>migration</c>.</param>
    /// <param name="props">Asked at each start of an entity.</param>
    /// <param name="mayStart">
    /// Says whether this process may run the entity now (it holds the shard's lease). When it says no, senders get
    /// <see cref="TellResult.Refused"/>.
    /// </param>
    public void Register(string kind, Func<string, Props> props, Func<string, bool>? mayStart = null)
    {
        ArgumentNullException.ThrowIfNull(props);
        ActorPath.Check(kind, Limits.Actors.PathElementLengthMax);
        if (!_regions.TryAdd(kind, new EntityRegion(_system, kind, props, mayStart ?? (_ => true))))
            throw new InvalidOperationException($"Entities of kind {kind} are registered already.");
    }

    public IActorRef Ref(string kind, string id)
    {
        ActorPath.Check(id, Limits.Actors.PathElementLengthMax);
        return new EntityRef(_system, Region(kind), id);
    }

    public int LiveCount(string kind) => Region(kind).LiveCount;

    /// <summary>Completes when this incarnation has stopped; what waits in its mailbox starts the next one.</summary>
    public Task StopAsync(string kind, string id) => _system.StopAsync(Ref(kind, id));

    /// <summary>Stops all that match, for instance those of a shard that is given up.</summary>
    public Task StopWhereAsync(string kind, Func<string, bool> match) => Region(kind).StopWhereAsync(match);

    /// <summary>No entity starts after this; completes when all have stopped.</summary>
    public Task TerminateAsync() => Task.WhenAll(_regions.Values
        .OrderBy(region => region.Kind, StringComparer.Ordinal).Select(region => region.TerminateAsync()));

    private EntityRegion Region(string kind) =>
        _regions.TryGetValue(kind, out var region)
            ? region
            : throw new InvalidOperationException($"No entities of kind {kind} are registered.");
}
