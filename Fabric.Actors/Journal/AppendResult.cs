namespace Fabric.Actors.Journal;

/// <summary>What is durable now, in the order of the append.</summary>
public sealed record AppendResult(IReadOnlyList<RecordedEvent> Events);
