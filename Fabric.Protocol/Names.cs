using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>
/// Names are DNS labels in lower case: <c>[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?</c>. They become directory names,
/// certificate subjects and parts of URLs, so nothing else is let in.
/// </summary>
public static class Names
{
    /// <summary>Whether the text is a name.</summary>
    public static bool IsValid(string? value)
    {
        if (string.IsNullOrEmpty(value) || value.Length > Limits.Names.LengthMax)
            return false;
        if (value[0] == '-' || value[^1] == '-')
            return false;
        foreach (var c in value)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
                return false;
        }

        return true;
    }

    internal static string Checked(string value, string what) => IsValid(value)
        ? value
        : throw new FormatException(
            $"'{Shown(value)}' is not a {what} name: use 1 to {Limits.Names.LengthMax} of a-z, 0-9 and '-', " +
            "not beginning or ending with '-'.");

    /// <summary>The text cut to a printable length, with everything but plain ASCII replaced.</summary>
    public static string Shown(string? value)
    {
        if (value is null)
            return "";
        var cut = value.Length > Limits.Names.LengthMax ? value[..Limits.Names.LengthMax] + "..." : value;
        return string.Create(cut.Length, cut, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
        });
    }
}

/// <summary>Writes a name as a JSON string and refuses one that is not a name.</summary>
public sealed class NameJsonConverter<T> : JsonConverter<T>
    where T : IName<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return T.Of(reader.TokenType == JsonTokenType.String ? reader.GetString()! : "");
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);

    /// <inheritdoc/>
    public override T ReadAsPropertyName(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.Of(reader.GetString() ?? "");

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.Value);
}
