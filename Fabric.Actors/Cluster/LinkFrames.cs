using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>Frames to text and back. Reading trusts nothing: each failure is a named fault.</summary>
internal static class LinkFrames
{
    public static byte[] Ping { get; } = "{\"ping\":{}}"u8.ToArray();

    public static byte[] Write(LinkHello hello) => Write("{\"hello\":"u8, hello, LinkJson.Default.LinkHello);

    public static byte[] Write(LinkWelcome welcome) => Write("{\"welcome\":"u8, welcome, LinkJson.Default.LinkWelcome);

    /// <summary>Throws <see cref="ArgumentException"/> for a message that no peer would take.</summary>
    public static byte[] Write(object message, ILinkCodec codec)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write("{\"message\":"u8);
        codec.Write(message, output);
        output.Write("}"u8);
        if (output.WrittenCount > Limits.NodeLink.MessageBytesMax)
        {
            throw new ArgumentException(
                $"A {message.GetType().Name} of {output.WrittenCount} bytes exceeds " +
                $"{Limits.NodeLink.MessageBytesMax}; split it.", nameof(message));
        }

        return output.WrittenSpan.ToArray();
    }

    public static LinkFrame Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            var (kind, body) = Split(text);
            return kind switch
            {
                "message" => new LinkPayload(body),
                "ping" => LinkPing.Instance,
                "hello" => CheckedHello(JsonSerializer.Deserialize(body.Span, LinkJson.Default.LinkHello)),
                "welcome" => CheckedWelcome(JsonSerializer.Deserialize(body.Span, LinkJson.Default.LinkWelcome)),
                _ => throw new LinkProtocolException(LinkFault.UnknownMessage, $"unknown frame '{Names.Shown(kind)}'"),
            };
        }
        catch (JsonException e)
        {
            throw new LinkProtocolException(LinkFault.NotJson, e.Message, e);
        }
        catch (InvalidOperationException e)
        {
            // What the reader throws for a string that is not UTF-8.
            throw new LinkProtocolException(LinkFault.NotJson, e.Message, e);
        }
    }

    // Walks the whole text, so that depth and well-formedness are known before anybody reads the body.
    private static (string Kind, ReadOnlyMemory<byte> Body) Split(ReadOnlyMemory<byte> text)
    {
        var reader = new Utf8JsonReader(text.Span, new JsonReaderOptions { MaxDepth = Limits.NodeLink.DepthMax });
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject
            || !reader.Read() || reader.TokenType is not JsonTokenType.PropertyName)
        {
            throw new JsonException("a frame is an object with one property");
        }

        if (reader.ValueSpan.Length > Limits.Names.LengthMax)
            throw new JsonException("the frame's kind is too long");
        var kind = reader.GetString()!;
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var body = text[start..(int)reader.BytesConsumed];
        if (!reader.Read() || reader.TokenType is not JsonTokenType.EndObject)
            throw new JsonException("a frame has one property only");
        // Throws when something follows the object.
        _ = reader.Read();
        return (kind, body);
    }

    private static LinkHello CheckedHello(LinkHello? hello)
    {
        if (hello is null || hello.Versions.Count is 0 or > Limits.NodeLink.VersionsMax || !IsInstance(hello.Instance))
        {
            throw new LinkProtocolException(LinkFault.BadMessage,
                "the hello lacks versions or an instance, or has too many");
        }


        return hello;
    }

    private static LinkWelcomeFrame CheckedWelcome(LinkWelcome? welcome)
    {
        if (welcome is null || !Names.IsValid(welcome.Coordinator) || !IsInstance(welcome.Instance))
            throw new LinkProtocolException(LinkFault.BadMessage, "the welcome lacks a name or an instance");
        return new LinkWelcomeFrame(welcome);
    }

    private static bool IsInstance(string instance) =>
        instance.Length is > 0 and <= Limits.NodeLink.InstanceLengthMax
        && instance.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-');

    private static byte[] Write<T>(ReadOnlySpan<byte> head, T body, JsonTypeInfo<T> type) =>
        [.. head, .. JsonSerializer.SerializeToUtf8Bytes(body, type), .. "}"u8];
}
