using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Fabric.Protocol;

namespace Fabric.Actors.Journal;

/// <summary>
/// The closed set of events that can be written and read: a versioned name on the wire, a type in the code, and
/// nothing that would let the wire choose a type. An old name that no type has any more is led to a newer one by
/// upcasters, step by step.
/// </summary>
public sealed partial class EventRegistry
{
    private readonly FrozenDictionary<string, JsonTypeInfo> _byName;
    private readonly FrozenDictionary<Type, (string Name, JsonTypeInfo Json)> _byType;
    private readonly FrozenDictionary<string, (string To, Func<JsonObject, JsonObject> Convert)> _upcasters;

    private EventRegistry(Builder builder)
    {
        _byName = builder.ByName.ToFrozenDictionary(StringComparer.Ordinal);
        _byType = builder.ByName.ToFrozenDictionary(e => e.Value.Type, e => (e.Key, e.Value));
        _upcasters = builder.Upcasters.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static EventRegistry Create(Action<Builder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new Builder();
        configure(builder);
        builder.Check();
        return new EventRegistry(builder);
    }

    /// <summary>The names that can be read, for the test that holds them to the approved list.</summary>
    public IEnumerable<string> Names => _byName.Keys.Concat(_upcasters.Keys).Order(StringComparer.Ordinal);

    public (string Name, byte[] Json) Serialize(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (!_byType.TryGetValue(@event.GetType(), out var entry))
            throw new EventRejectedException($"{@event.GetType().Name} is not a registered event.");
        byte[] json;
        try
        {
            json = JsonSerializer.SerializeToUtf8Bytes(@event, entry.Json);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new EventRejectedException($"{entry.Name} cannot be written as JSON.", exception);
        }

        return json.Length <= Limits.Journal.EventBytesMax
            ? (entry.Name, json)
            : throw new EventRejectedException(
                $"{entry.Name} takes {json.Length} bytes; at most {Limits.Journal.EventBytesMax} are allowed.");
    }

    /// <summary>The stream and version are for the error only.</summary>
    public object Deserialize(StreamId stream, long version, string name, ReadOnlySpan<byte> json)
    {
        try
        {
            if (_byName.TryGetValue(name, out var type)) return NotNull(JsonSerializer.Deserialize(json, type));
            if (!_upcasters.ContainsKey(name)) throw new UnknownEventException(stream, version, name);
            var node = JsonNode.Parse(json) as JsonObject ?? throw new JsonException("It is not a JSON object.");
            while (_upcasters.TryGetValue(name, out var step)) (name, node) = (step.To, step.Convert(node));
            return NotNull(node.Deserialize(_byName[name]));
        }
        catch (Exception exception) when (exception is not UnknownEventException)
        {
            throw new CorruptEventException(stream, version, $"{name} cannot be read from its JSON", exception);
        }
    }

    private static object NotNull(object? value) => value ?? throw new JsonException("It is null.");

    [GeneratedRegex(@"^[a-z0-9-]+(\.[a-z0-9-]+)*\.v[1-9][0-9]*\z", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex NamePattern();

    public sealed class Builder
    {
        internal Dictionary<string, JsonTypeInfo> ByName { get; } = new(StringComparer.Ordinal);

        internal Dictionary<string, (string To, Func<JsonObject, JsonObject> Convert)> Upcasters { get; } =
            new(StringComparer.Ordinal);

        public Builder Add<T>(string name, JsonTypeInfo<T> json)
            where T : class
        {
            CheckName(name);
            if (ByName.Values.Any(known => known.Type == typeof(T)))
                throw new ArgumentException($"{typeof(T).Name} has a name already.", nameof(name));
            ByName.Add(name, json);
            return this;
        }

        /// <summary>
        /// Reads rows named <paramref name="from"/> as if they had been written as <paramref name="to"/>.
        /// </summary>
        public Builder Upcast(string from, string to, Func<JsonObject, JsonObject> convert)
        {
            CheckName(from);
            Upcasters.Add(from, (to, convert));
            return this;
        }

        internal void Check()
        {
            foreach (var from in Upcasters.Keys)
            {
                var at = from;
                for (var steps = 0; Upcasters.TryGetValue(at, out var step); steps++, at = step.To)
                    if (steps > Upcasters.Count)
                        throw new InvalidOperationException($"The upcasters from {from} go in a circle.");
                if (!ByName.ContainsKey(at))
                    throw new InvalidOperationException($"The upcasters from {from} end at {at}, which has no type.");
            }
        }

        private void CheckName(string name)
        {
            if (name.Length > Limits.Journal.EventNameLengthMax || !NamePattern().IsMatch(name))
                throw new ArgumentException(
                    $"'{name}' is no event name: one looks like 'migration.committed.v1'.", nameof(name));
            if (ByName.ContainsKey(name) || Upcasters.ContainsKey(name))
                throw new ArgumentException($"{name} is registered twice.", nameof(name));
        }
    }
}
