using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Configuration;

/// <summary>The errors found so far, at most one for a key: the first says it all.</summary>
internal sealed class SettingsErrors(string under, string file)
{
    private readonly List<SettingsError> _all = [];
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private int _more;

    public IReadOnlyList<SettingsError> All => _more == 0 ? _all
        : [.. _all, new SettingsError(file, 1, "", $"and {_more} more errors")];

    public bool IsFull => _all.Count == Limits.Hocon.ErrorsMax;

    public bool Has(string key) => _keys.Contains(key);

    /// <summary>Counts a key as wrong without a word: what is above it was reported.</summary>
    public void Silence(string key) => _keys.Add(key);

    /// <param name="key">Relative to the subtree.</param>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="origin">Where it was written; a default or nothing at all is the user's file to mend.</param>
    public void Add(string key, string message, HoconOrigin? origin) =>
        AddFull(key.Length == 0 ? under : $"{under}.{key}", key, message, origin);

    public void AddFull(string fullKey, string key, string message, HoconOrigin? origin)
    {
        if (!_keys.Add(key))
            return;
        if (IsFull)
        {
            _more++;
            return;
        }

        var at = origin is { } o && !string.Equals(o.File, ReferenceConf.Name, StringComparison.Ordinal)
            ? o : HoconOrigin.StartOf(file);
        _all.Add(new SettingsError(at.File, at.Line, fullKey, message));
    }
}
