using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>
/// Orders and places in overlays one way, reports and a host's facts the other. Each is an object whose first property
/// says what it is: <c>{"order":"grant",...}</c>, <c>{"overlay":{...}}</c>, <c>{"report":"target",...}</c>,
/// <c>{"facts":{...}}</c>; and for links between sites <c>{"watch":{...}}</c> one way, <c>{"probed":{...}}</c> the other.
/// </summary>
public sealed class FabricLinkCodec : ILinkCodec
{
    /// <inheritdoc/>
    public void Write(object message, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        switch (message)
        {
            case Order order:
                JsonSerializer.Serialize(writer, order, ProtocolJson.Default.Order);
                break;
            case Report report:
                JsonSerializer.Serialize(writer, report, ProtocolJson.Default.Report);
                break;
            case HostFacts facts:
                WriteNamed(writer, "facts", facts, ProtocolJson.Default.HostFacts);
                break;
            case LineWatch watch:
                WriteNamed(writer, "watch", watch, ProtocolJson.Default.LineWatch);
                break;
            case LineProbed probed:
                WriteNamed(writer, "probed", probed, ProtocolJson.Default.LineProbed);
                break;
            case OverlayPlace place:
                WriteNamed(writer, "overlay", place, ProtocolJson.Default.OverlayPlace);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message of the node link");
        }
    }

    /// <inheritdoc/>
    public object Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var kind = reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.Read()
            && reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
        object? message = kind switch
        {
            "order" => JsonSerializer.Deserialize(json, ProtocolJson.Default.Order),
            "report" => JsonSerializer.Deserialize(json, ProtocolJson.Default.Report),
            "overlay" => ReadNamed(ref reader, ProtocolJson.Default.OverlayPlace),
            "facts" => ReadNamed(ref reader, ProtocolJson.Default.HostFacts),
            "watch" => ReadNamed(ref reader, ProtocolJson.Default.LineWatch),
            "probed" => ReadNamed(ref reader, ProtocolJson.Default.LineProbed),
            _ => throw new LinkProtocolException(LinkFault.UnknownMessage, $"'{Names.Shown(kind)}' is not a message"),
        };
        return Checked(message);
    }

    /// <summary>
    /// What the types cannot say: a part that is missing in the JSON is null here, whatever its type says.
    /// </summary>
    private static object Checked(object? message) => message switch
    {
        Order { Stamp: null } or Report { Stamp: null } => throw new JsonException("the message has no stamp"),
        PrecheckReport { Obstacles: null } => throw new JsonException("the precheck has no obstacles, not even none"),
        TargetReport { View: TargetView.Prepared, Offer: null } =>
            throw new JsonException("prepared, but nothing is offered"),
        RoundReport { Round: null } or ProgressReport { Progress: null } or DecisionReport { Decision: null }
            or DecisionReport { Decision.Why: null } =>
            throw new JsonException("the numbers are missing"),
        StartVm { Spec: null } or PrepareTarget { Spec: null } or Precheck { Spec: null } =>
            throw new JsonException("the specification is missing"),
        SyncDisks { Endpoint: null } or SyncDisks { Disks: null } or SyncDisks { Policy: null } =>
            throw new JsonException("where to copy to, and what, is missing"),
        SyncDisks o when o.Disks.Any(static d => d is not { Image: not null, Ticket: not null }) =>
            throw new JsonException("a disk's offer is not whole"),
        BeginTransfer { Endpoint: null } or BeginTransfer { Ticket: null } or BeginTransfer { Policy: null }
            or AdjustTransfer { Policy: null } =>
            throw new JsonException("where to send, and how, is missing"),
        OverlayPlace { Network: null or { Addresses: null } or { Gateways: null } } or OverlayPlace { At: null }
            or OverlayPlace { Members: null } =>
            throw new JsonException("where the VM of the overlay is, is missing"),
        OverlayPlace place when place.Faults() is { Count: > 0 } faults =>
            throw new JsonException($"the place in the overlay is wrong: {string.Join("; ", faults)}"),
        LineWatch { Link: null or "" } or LineWatch { Target.Value: null } or LineWatch { Endpoint: null } =>
            throw new JsonException("what to watch is missing"),
        LineProbed probed when probed.Fault() is { } fault => throw new JsonException(fault),
        HostFacts { Data: null } => throw new JsonException("the host's data endpoint is missing"),
        null => throw new JsonException("the message is null"),
        _ => EnumsAreKnown(message) ? message : throw new JsonException("a number that is no value of its enum"),
    };

    /// <summary>An enum may come as a number, which no switch would know and no journal should hold.</summary>
    private static bool EnumsAreKnown(object message) => message switch
    {
        SourceReport r => Enum.IsDefined(r.View) && IsKnown(r.Reason),
        TargetReport r => Enum.IsDefined(r.View) && IsKnown(r.Reason),
        LifeReport r => Enum.IsDefined(r.View) && IsKnown(r.Reason),
        PrecheckReport r => Enum.IsDefined(r.Side) && r.Obstacles.All(o => o is not null && Enum.IsDefined(o.Reason)),
        OrderRefused r => Enum.IsDefined(r.Refusal) && (r.Side is not { } side || Enum.IsDefined(side)),
        DecisionReport r => Enum.IsDefined(r.Decision.Kind),
        SyncDisks o => IsKnown(o.Policy.Convergence),
        BeginTransfer o => IsKnown(o.Policy.Convergence),
        AdjustTransfer o => IsKnown(o.Policy.Convergence),
        Precheck o => Enum.IsDefined(o.Side),
        Observe o => Enum.IsDefined(o.Side),
        Grant o => Enum.IsDefined(o.Side),
        _ => true,
    };

    private static bool IsKnown(ConvergencePolicy? policy) => policy is not { } known || Enum.IsDefined(known);

    private static bool IsKnown(FailureReason? reason) => reason is not { } known || Enum.IsDefined(known);

    private static void WriteNamed<T>(Utf8JsonWriter writer, string name, T value, JsonTypeInfo<T> type)
    {
        writer.WriteStartObject();
        writer.WritePropertyName(name);
        JsonSerializer.Serialize(writer, value, type);
        writer.WriteEndObject();
    }

    private static T? ReadNamed<T>(ref Utf8JsonReader reader, JsonTypeInfo<T> type)
    {
        reader.Read();
        return JsonSerializer.Deserialize(ref reader, type);
    }
}
