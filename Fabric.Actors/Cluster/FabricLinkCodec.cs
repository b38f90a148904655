using System.Buffers;
using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>
/// Orders one way, reports and a host's facts the other. Each is an object whose first property says what it is:
/// <c>{"order":"grant",...}</c>, <c>{"report":"target",...}</c>, <c>{"facts":{...}}</c>.
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
                writer.WriteStartObject();
                writer.WritePropertyName("facts");
                JsonSerializer.Serialize(writer, facts, ProtocolJson.Default.HostFacts);
                writer.WriteEndObject();
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
            "facts" => ReadFacts(ref reader),
            _ => throw new LinkProtocolException(LinkFault.UnknownMessage, $"'{Names.Shown(kind)}' is not a message"),
        };
        return message ?? throw new JsonException("the message is null");
    }

    private static HostFacts? ReadFacts(ref Utf8JsonReader reader)
    {
        reader.Read();
        return JsonSerializer.Deserialize(ref reader, ProtocolJson.Default.HostFacts);
    }
}
