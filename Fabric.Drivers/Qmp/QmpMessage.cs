using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Fabric.Drivers.Qmp;

/// <summary>One line from a monitor, told apart by its members.</summary>
public abstract record QmpMessage
{
    /// <summary>Reads one line.</summary>
    /// <exception cref="FormatException">It is not JSON, or not one of the four kinds.</exception>
    public static QmpMessage Parse(ReadOnlySequence<byte> line)
    {
        try
        {
            CheckTexts(line);
            using var document = JsonDocument.Parse(line);
            return Of(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"not a QMP message: {e.Message}", e);
        }
    }

    // The parser takes texts that cannot be read (bad UTF-8, half a surrogate pair) and would fail whoever reads them.
    private static void CheckTexts(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
                continue;
            if (reader.ValueIsEscaped || reader.HasValueSequence)
                _ = reader.GetString();
            else if (!Utf8.IsValid(reader.ValueSpan))
                throw new FormatException("a text that is not UTF-8");
        }
    }

    private static QmpMessage Of(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException($"a QMP message is an object, not a {root.ValueKind}");
        if (root.TryGetProperty("return", out var value))
            return new QmpReply(IdOf(root), value.Clone());
        if (root.TryGetProperty("error", out var error))
            return new QmpError(IdOf(root), TextOf(error, "class"), TextOf(error, "desc"));
        if (root.TryGetProperty("event", out var name))
        {
            var data = root.TryGetProperty("data", out var found) ? found.Clone() : default;
            return new QmpEvent(name.GetString() ?? "", data, TimeOf(root));
        }

        if (root.TryGetProperty("QMP", out var greeting))
            return QmpGreeting.Of(greeting);
        throw new FormatException("an object without 'return', 'error', 'event' or 'QMP'");
    }

    // An id that we never gave (a string, a fraction, a huge number) is as good as none.
    private static long? IdOf(JsonElement root) =>
        root.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number)
            ? number
            : null;

    // Seconds and microseconds of the host's clock; both are -1 when QEMU could not read it.
    private static DateTimeOffset? TimeOf(JsonElement root) =>
        root.TryGetProperty("timestamp", out var stamp)
            && NumberIn(stamp, "seconds") is { } seconds and >= 0 and <= int.MaxValue
            && NumberIn(stamp, "microseconds") is { } microseconds and >= 0 and < 1_000_000
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds).AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : null;

    private static long? NumberIn(JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            ? number
            : null;

    private static string TextOf(JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var text)
            && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : "(none given)";
}

/// <summary>What a monitor says first.</summary>
/// <param name="Version">Such as <c>7.2.22</c>.</param>
/// <param name="HasOutOfBand">It offers out-of-band commands.</param>
public sealed record QmpGreeting(Version Version, bool HasOutOfBand) : QmpMessage
{
    internal static QmpGreeting Of(JsonElement greeting)
    {
        try
        {
            var qemu = greeting.GetProperty("version").GetProperty("qemu");
            var version = new Version(
                qemu.GetProperty("major").GetInt32(),
                qemu.GetProperty("minor").GetInt32(),
                qemu.GetProperty("micro").GetInt32());
            var offers = greeting.GetProperty("capabilities").EnumerateArray()
                .Any(c => c.ValueKind == JsonValueKind.String && c.ValueEquals("oob"));
            return new QmpGreeting(version, offers);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"a greeting without version or capabilities: {e.Message}", e);
        }
    }
}

/// <summary>A command succeeded.</summary>
public sealed record QmpReply(long? Id, JsonElement Value) : QmpMessage;

/// <summary>A command was refused.</summary>
public sealed record QmpError(long? Id, string Class, string Description) : QmpMessage;

/// <summary>Something happened. <see cref="Data"/> is undefined when the event has none.</summary>
/// <param name="Name">Such as <c>STOP</c>.</param>
/// <param name="Data">The event's own members.</param>
/// <param name="At">When, by the host's clock, as the hypervisor says; null when it does not.</param>
public sealed record QmpEvent(string Name, JsonElement Data, DateTimeOffset? At) : QmpMessage;
