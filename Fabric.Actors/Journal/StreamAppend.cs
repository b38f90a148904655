namespace Fabric.Actors.Journal;

/// <summary>
/// A part of one append. With no events it only claims that the stream still is at the expected version, in the same
/// transaction as the rest.
/// </summary>
/// <param name="Stream">Each stream at most once in an append.</param>
/// <param name="ExpectedVersion">The version the writer believes the stream to have; zero for a new stream.</param>
/// <param name="Events">Objects of types that the <see cref="EventRegistry"/> knows.</param>
public sealed record StreamAppend(StreamId Stream, long ExpectedVersion, IReadOnlyList<object> Events);
