using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Journal;

/// <summary>One stream of events, for instance <c>migration/m-1</c>: one writer at a time, versions from 1.</summary>
public readonly record struct StreamId
{
    private readonly string? _kind;
    private readonly string? _id;

    public StreamId(string kind, string id)
    {
        _kind = ActorPath.Check(kind, Limits.Journal.StreamNameLengthMax);
        _id = ActorPath.Check(id, Limits.Journal.StreamNameLengthMax);
    }

    public string Kind => _kind ?? throw new InvalidOperationException("A default StreamId names no stream.");

    public string Id => _id ?? throw new InvalidOperationException("A default StreamId names no stream.");

    public override string ToString() => _kind is null ? "(no stream)" : $"{_kind}/{_id}";
}
