using System.Buffers;
using System.Text.Json;
using Fabric.Actors.Cluster;

namespace Fabric.Testing.Link;

/// <summary>A codec whose only message is a string. It knows no number, and chokes on the word "poison".</summary>
public sealed class TextCodec : ILinkCodec
{
    public void Write(object message, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStringValue((string)message);
    }

    public object Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType is JsonTokenType.Number)
            throw new LinkProtocolException(LinkFault.UnknownMessage, "a number is no message");
        var text = reader.GetString()!;
        return text is "poison" ? throw new InvalidDataException("poison") : text;
    }
}
