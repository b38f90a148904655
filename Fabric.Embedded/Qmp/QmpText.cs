using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Embedded.Qmp;

/// <summary>What a monitor says, as lines.</summary>
internal static class QmpText
{
    // No browser reads this: quotes stay quotes, as QEMU writes them.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The first line.</summary>
    public static byte[] Greeting() => Line(new JsonObject
    {
        ["QMP"] = new JsonObject
        {
            ["version"] = Version(),
            ["capabilities"] = new JsonArray("oob"),
        },
    });

    /// <summary>This program's version, where QEMU has its own.</summary>
    public static JsonObject Version()
    {
        var version = typeof(QmpText).Assembly.GetName().Version ?? new Version(0, 0, 0);
        return new JsonObject
        {
            ["qemu"] = new JsonObject
            {
                ["major"] = version.Major,
                ["minor"] = version.Minor,
                ["micro"] = Math.Max(0, version.Build),
            },
            ["package"] = "fabric embedded",
        };
    }

    /// <summary>An answer.</summary>
    public static byte[] Return(JsonNode? id, JsonNode value) => Line(WithId(id, new JsonObject { ["return"] = value }));

    /// <summary>A refusal.</summary>
    public static byte[] Error(JsonNode? id, QmpRefusal refusal) => Line(WithId(id, new JsonObject
    {
        ["error"] = new JsonObject { ["class"] = refusal.Class, ["desc"] = refusal.Message },
    }));

    /// <summary>An event, with the host's clock.</summary>
    public static byte[] Event(string name, JsonObject? data, DateTimeOffset at)
    {
        var microseconds = (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var told = new JsonObject
        {
            ["timestamp"] = new JsonObject
            {
                ["seconds"] = microseconds / 1_000_000,
                ["microseconds"] = microseconds % 1_000_000,
            },
            ["event"] = name,
        };
        if (data is not null)
            told["data"] = data;
        return Line(told);
    }

    private static JsonObject WithId(JsonNode? id, JsonObject answer)
    {
        if (id is not null)
            answer["id"] = id;
        return answer;
    }

    private static byte[] Line(JsonObject said) =>
        [.. JsonSerializer.SerializeToUtf8Bytes<JsonNode>(said, Plain), (byte)'\r', (byte)'\n'];
}
