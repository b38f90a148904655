using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Protocol;

namespace Fabric.Embedded.Qmp;

/// <summary>One command as it came. The id is given back with the answer, whatever it is.</summary>
internal sealed record QmpRequest(string Command, bool OutOfBand, QmpArguments Arguments, JsonNode? Id)
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = Limits.Guest.CommandDepthMax };

    /// <summary>Reads a line.</summary>
    /// <exception cref="QmpRefusal">It is not a command; answered without an id, as nothing is known of it.</exception>
    public static QmpRequest Parse(ReadOnlyMemory<byte> line)
    {
        JsonObject members;
        try
        {
            members = JsonNode.Parse(line.Span, documentOptions: Options) as JsonObject
                ?? throw QmpRefusal.Of("QMP input must be a JSON object");

            ReadAll(members);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw QmpRefusal.Of($"JSON parse error: {Names.Shown(e.Message)}");
        }

        var strange = members.Select(m => m.Key).FirstOrDefault(k => k is not ("execute" or "exec-oob" or "arguments" or "id"));
        if (strange is not null)
            throw QmpRefusal.Of($"QMP input member '{Names.Shown(strange)}' is unexpected");
        var outOfBand = members.ContainsKey("exec-oob");
        if (outOfBand == members.ContainsKey("execute"))
            throw QmpRefusal.Of("QMP input lacks member 'execute'");
        if (members[outOfBand ? "exec-oob" : "execute"] is not JsonValue name || !name.TryGetValue<string>(out var command))
            throw QmpRefusal.Of("QMP input member 'execute' must be a string");
        var arguments = members.TryGetPropertyValue("arguments", out var given)
            ? given as JsonObject ?? throw QmpRefusal.Of("QMP input member 'arguments' must be an object")
            : [];
        return new QmpRequest(command, outOfBand, new QmpArguments(arguments), members["id"]?.DeepClone());
    }

    // Names and texts are read lazily: a name that is there twice, or bytes that are no text, would be found only when
    // they are used, or given back with the answer.
    private static void ReadAll(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (_, member) in members)
                    ReadAll(member);
                break;
            case JsonArray items:
                foreach (var item in items)
                    ReadAll(item);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _ = value.GetValue<string>();
                break;
        }
    }
}
