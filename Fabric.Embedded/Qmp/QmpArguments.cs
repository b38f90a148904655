using System.Text.Json.Nodes;
using Fabric.Protocol;

namespace Fabric.Embedded.Qmp;

/// <summary>The arguments of a command. Each is taken once; what is left over was not expected.</summary>
internal sealed class QmpArguments(JsonObject members)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => TextOrNull(name) ?? throw QmpRefusal.Of($"Parameter '{name}' is missing");

    /// <summary>A text.</summary>
    public string? TextOrNull(string name) => Value<string>(name, "string", out var text) ? text : null;

    /// <summary>A truth.</summary>
    public bool? FlagOrNull(string name) => Value<bool>(name, "boolean", out var flag) ? flag : null;

    /// <summary>A whole number.</summary>
    public long? NumberOrNull(string name) => Value<long>(name, "integer", out var number) ? number : null;

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<QmpArguments> Objects(string name)
    {
        _taken.Add(name);
        if (!members.TryGetPropertyValue(name, out var node))
            throw QmpRefusal.Of($"Parameter '{name}' is missing");
        if (node is not JsonArray array || array.Any(item => item is not JsonObject))
            throw QmpRefusal.Of($"Invalid parameter type for '{name}', expected: array");
        return [.. array.Select(item => new QmpArguments((JsonObject)item!))];
    }

    /// <summary>A list of texts; empty when it is not there.</summary>
    public IReadOnlyList<string> TextsOrNone(string name)
    {
        _taken.Add(name);
        if (!members.TryGetPropertyValue(name, out var node))
            return [];
        var texts = new List<string>();
        foreach (var item in node as JsonArray ?? [null])
        {
            texts.Add(item is JsonValue value && value.TryGetValue<string>(out var text)
                ? text
                : throw QmpRefusal.Of($"Invalid parameter type for '{name}', expected: array of strings"));
        }

        return texts;
    }

    /// <summary>To be called when all were taken.</summary>
    public void RefuseOthers()
    {
        if (members.Select(m => m.Key).FirstOrDefault(k => !_taken.Contains(k)) is { } other)
            throw QmpRefusal.Of($"Parameter '{Names.Shown(other)}' is unexpected");
    }

    private bool Value<T>(string name, string type, out T? value)
    {
        _taken.Add(name);
        value = default;
        if (!members.TryGetPropertyValue(name, out var node))
            return false;
        if (node is JsonValue holder && holder.TryGetValue(out value))
            return true;
        throw QmpRefusal.Of($"Invalid parameter type for '{name}', expected: {type}");
    }
}
