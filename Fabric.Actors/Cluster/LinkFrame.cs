using System.Text.Json.Serialization;
using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>
/// One text message of the WebSocket: an object with one property, whose name is the kind. The link's own kinds are
/// <c>hello</c>, <c>welcome</c> and <c>ping</c>; <c>message</c> holds what belongs to the codec.
/// <code>
///   host                                        coordinator
///    | {"hello":{"host","versions","instance"}}  |
///    |------------------------------------------>|  name == certificate's CN, a version in common
///    | {"welcome":{"version","coordinator",...}} |
///    |&lt;------------------------------------------|
///    | {"message":...}  {"ping":{}}              |  either way, until either closes with a reason
/// </code>
/// </summary>
internal abstract record LinkFrame;

/// <summary>The host's first frame.</summary>
internal sealed record LinkHello(HostId Host, IReadOnlyList<int> Versions, string Instance) : LinkFrame;

/// <summary>The coordinator's answer: the version chosen, and who it is.</summary>
public sealed record LinkWelcome(int Version, string Coordinator, string Instance);

/// <summary>Carries the welcome.</summary>
internal sealed record LinkWelcomeFrame(LinkWelcome Welcome) : LinkFrame;

/// <summary>Says that the sender lives. It is not answered: the other side sends its own.</summary>
internal sealed record LinkPing : LinkFrame
{
    public static LinkPing Instance { get; } = new();
}

/// <summary>A message of the codec's as JSON text. The memory is the reader's: gone with the next read.</summary>
internal sealed record LinkPayload(ReadOnlyMemory<byte> Json) : LinkFrame;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LinkHello))]
[JsonSerializable(typeof(LinkWelcome))]
internal sealed partial class LinkJson : JsonSerializerContext;
