using Fabric.Host.Configuration;

namespace Fabric.Host.Cli;

/// <summary>
/// The value of an option that is written <c>key=value,key=value</c>, as QEMU's are. Who reads a part takes it out; what
/// is left over is unknown.
/// </summary>
internal sealed class PartList
{
    private readonly string _option;
    private readonly List<(string Key, string Value)> _parts = [];
    private readonly List<string> _known = [];

    /// <summary>Takes it apart.</summary>
    /// <exception cref="UsageException">A part has no '='.</exception>
    public PartList(string option, string text)
    {
        _option = option;
        foreach (var part in text.Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == part.Length - 1)
                throw Wrong($"{SettingsReader.Shown(part)} is not key=value");
            _parts.Add((part[..at], part[(at + 1)..]));
        }
    }

    /// <summary>A part that may be there once.</summary>
    public string? One(string key) => All(key) switch
    {
        [] => null,
        [var one] => one,
        _ => throw Wrong($"{key} is given twice"),
    };

    /// <summary>A part that must be there.</summary>
    public string Must(string key) => One(key) ?? throw Wrong($"{key}=... is missing");

    /// <summary>A part that may be there several times.</summary>
    public IReadOnlyList<string> All(string key)
    {
        _known.Add(key);
        string[] found = [.. _parts.Where(p => string.Equals(p.Key, key, StringComparison.Ordinal)).Select(p => p.Value)];
        _parts.RemoveAll(p => string.Equals(p.Key, key, StringComparison.Ordinal));
        return found;
    }

    /// <summary>A whole number.</summary>
    public int? Number(string key) => One(key) is not { } text
        ? null
        : int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong($"{key}: {SettingsReader.Shown(text)} is not a whole number");

    /// <summary>On or off.</summary>
    public bool? Switch(string key) => One(key) switch
    {
        null => null,
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        var other => throw Wrong($"{key}: {SettingsReader.Shown(other)} is neither on nor off"),
    };

    /// <summary>To be called last.</summary>
    public void RefuseUnknown()
    {
        if (_parts is [var (key, _), ..])
            throw Wrong($"{SettingsReader.Shown(key)} is not one of {string.Join(", ", _known)}{Suggestion.For(key, _known).TrimEnd('?')}");
    }

    private UsageException Wrong(string what) => new($"{_option}: {what}.");
}
