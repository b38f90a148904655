using System.Text.Json.Serialization;
using Fabric.Actors.Journal;

namespace Fabric.Actors.Tests.Journal;

public abstract record TestEvent;

public sealed record Opened(string Name) : TestEvent;

/// <summary>Version 2 has the unit in the name; version 1 called it "amount" and counted kilobytes.</summary>
public sealed record Added(long Bytes) : TestEvent;

public sealed record Closed(string Reason) : TestEvent;

/// <summary>Not registered on purpose.</summary>
public sealed record Unregistered(int Value) : TestEvent;

[JsonSerializable(typeof(Opened))]
[JsonSerializable(typeof(Added))]
[JsonSerializable(typeof(Closed))]
internal sealed partial class TestEventsJson : JsonSerializerContext;

public static class TestEvents
{
    public static EventRegistry Registry { get; } = EventRegistry.Create(events => events
        .Add("test.opened.v1", TestEventsJson.Default.Opened)
        .Add("test.added.v2", TestEventsJson.Default.Added)
        .Add("test.closed.v1", TestEventsJson.Default.Closed)
        .Upcast("test.added.v1", "test.added.v2", old => new() { ["Bytes"] = (long)old["amount"]! * 1024 }));

    /// <summary>A build that is one event short, such as the release before.</summary>
    public static EventRegistry OlderRegistry { get; } = EventRegistry.Create(events => events
        .Add("test.opened.v1", TestEventsJson.Default.Opened)
        .Add("test.added.v2", TestEventsJson.Default.Added));
}
