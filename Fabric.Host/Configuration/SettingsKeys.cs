using System.Diagnostics.CodeAnalysis;
using Fabric.Host.Hocon;

namespace Fabric.Host.Configuration;

/// <summary>Finds keys, remembers which were read, and so knows which nobody knows.</summary>
internal sealed class SettingsKeys(HoconObject root, string under, SettingsErrors errors)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Read => _read;

    public bool TryRead(string key, [MaybeNullWhen(false)] out HoconValue value)
    {
        _read.Add($"{under}.{key}");
        HoconValue current = root;
        var path = under;
        foreach (var step in ($"{under}.{key}").Split('.'))
        {
            if (current is not HoconObject o)
            {
                // Noted once for the parent; its other keys are then silent.
                errors.AddFull(path, path, $"must be an object ({{ ... }}), not {current.KindName}", current.Origin);
                errors.Silence(key);
                value = null;
                return false;
            }

            if (!o.TryGet(step, out current!))
            {
                errors.Add(key, "must be set: it has no default", null);
                value = null;
                return false;
            }

            path = ReferenceEquals(o, root) ? step : $"{path}.{step}";
        }

        value = current;
        return true;
    }

    public HoconValue? Peek(string key) => root.Find($"{under}.{key}".Split('.'));

    public void RefuseUnknown()
    {
        var known = _read.SelectMany(Prefixes).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, value) in root.Fields)
        {
            // Other top-level keys are the user's own, to be used in substitutions; a misspelt root is not.
            if (string.Equals(key, under, StringComparison.Ordinal))
                Walk(under, value, known);
            else if (Suggestion.Distance(key.Length > under.Length + 2 ? "" : key, under) <= 2)
                errors.AddFull(key, key, $"unknown key, did you mean {under}?", value.Origin);
        }
    }

    private static IEnumerable<string> Prefixes(string key)
    {
        for (var end = key.Length; end > 0; end = key.LastIndexOf('.', end - 1))
            yield return key[..end];
    }

    private void Walk(string path, HoconValue value, HashSet<string> known)
    {
        if (value is not HoconObject o || _read.Contains(path))
            return;
        foreach (var (key, field) in o.Fields)
        {
            var full = $"{path}.{HoconPath.Show([key])}";
            if (known.Contains(full))
            {
                Walk(full, field, known);
            }
            else
            {
                // What only counts gets no suggestion: a file of nothing but unknown keys must not cost minutes.
                var message = errors.IsFull ? "" : $"unknown key{Suggestion.For(full, known)}";
                errors.AddFull(full, full, message, field.Origin);
            }
        }
    }
}
