using System.Globalization;
using System.Text.Json;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Configuration;

/// <summary>
/// Typed reading of one subtree. It never throws: each getter notes what is wrong and answers a harmless value,
/// so that one run names every error. Whoever reads must look at <see cref="Errors"/> before using anything.
/// </summary>
public sealed class SettingsReader
{
    private readonly SettingsErrors _errors;
    private readonly SettingsKeys _keys;

    /// <param name="root">The resolved tree, defaults included.</param>
    /// <param name="under">The top-level key of the subtree; the keys given to the getters are relative to it.</param>
    /// <param name="file">The user's file: the place to name for a key that nobody has written.</param>
    public SettingsReader(HoconObject root, string under, string file)
    {
        _errors = new SettingsErrors(under, file);
        _keys = new SettingsKeys(root, under, _errors);
    }

    public IReadOnlyList<SettingsError> Errors => _errors.All;

    /// <summary>Every key that was asked for, with its full path.</summary>
    public IReadOnlyCollection<string> KeysRead => _keys.Read;

    public string Text(string key)
    {
        if (Scalar(key) is not { } s)
            return "";
        if (s.Text.Length == 0)
            Fail(key, "is empty: give a value");
        return s.Text;
    }

    public int Int(string key, int min, int max)
    {
        if (Scalar(key) is not { } s)
            return min;
        if (!decimal.TryParse(s.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            Fail(key, $"{Shown(s.Text)} is not a whole number");
        else if (number < min || number > max)
            Fail(key, $"{Shown(s.Text)} is outside {min} to {max}");
        else
            return (int)number;
        return min;
    }

    public bool Bool(string key)
    {
        switch (Scalar(key)?.Text)
        {
            case null: return false;
            case "true" or "yes" or "on": return true;
            case "false" or "no" or "off": return false;
            case var other:
                Fail(key, $"{Shown(other)} is neither true nor false");
                return false;
        }
    }

    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
    {
        if (Scalar(key) is not { } s)
            return min;
        if (!HoconUnits.TryDuration(s.Text, out var duration, out var problem))
            Fail(key, $"{Shown(s.Text)} {problem}");
        else if (duration < min || duration > max)
            Fail(key, $"{Shown(s.Text)} is outside {UnitText.Duration(min)} to {UnitText.Duration(max)}");
        else
            return duration;
        return min;
    }

    /// <summary>A size in bytes. Where 0 has a meaning of its own it is allowed beside the range.</summary>
    public long Size(string key, long min, long max, bool zero = false)
    {
        if (Scalar(key) is not { } s)
            return min;
        if (!HoconUnits.TrySize(s.Text, out var bytes, out var problem))
            Fail(key, $"{Shown(s.Text)} {problem}");
        else if ((bytes < min || bytes > max) && !(zero && bytes == 0))
            Fail(key, $"{Shown(s.Text)} is outside {UnitText.Size(min)} to {UnitText.Size(max)}" +
                (zero ? " (or 0)" : ""));
        else
            return (long)bytes;
        return min;
    }

    public T Choice<T>(string key)
        where T : struct, Enum => Scalar(key) is { } s ? Named<T>(key, s.Text) : default;

    public IReadOnlyList<T> Choices<T>(string key)
        where T : struct, Enum => [.. Texts(key).Select(text => Named<T>(key, text))];

    public IReadOnlyList<string> Texts(string key) => [.. Scalars(key).Select(s => s.Text)];

    /// <summary>Whether somebody wrote it.</summary>
    internal bool Has(string key) => _keys.Peek(key) is not null;

    /// <summary>Objects, each to be read by a reader of its own.</summary>
    internal IReadOnlyList<HoconObject> Objects(string key)
    {
        if (!_keys.TryRead(key, out var value))
            return [];
        if (value is HoconArray a && a.Items.All(i => i is HoconObject))
            return [.. a.Items.Cast<HoconObject>()];
        Fail(key, "must be a list of objects: write [{ ... }, { ... }]");
        return [];
    }

    /// <summary>The fields of an object whose keys are the user's own.</summary>
    internal IReadOnlyList<KeyValuePair<string, HoconValue>> Fields(string key)
    {
        if (!_keys.TryRead(key, out var value))
            return [];
        if (value is HoconObject o)
            return [.. o.Fields];
        Fail(key, $"must be an object ({{ ... }}), not {value.KindName}");
        return [];
    }

    /// <summary>Notes an error at the place of a value within what one key holds.</summary>
    internal void FailAt(string key, HoconValue value, string message) => _errors.Add(key, message, value.Origin);

    /// <summary>An absolute path; a relative one starts at the file that wrote it.</summary>
    public string Path(string key) => Scalar(key) is { } s ? Absolute(key, s) : "";

    /// <summary>As <see cref="Path"/>; "" stands for none.</summary>
    public string PathOrNone(string key) => Scalar(key) is { Text.Length: > 0 } s ? Absolute(key, s) : "";

    /// <summary>Text where "" stands for none.</summary>
    public string TextOrNone(string key) => Scalar(key)?.Text ?? "";

    public IReadOnlyList<string> Paths(string key) => [.. Scalars(key).Select(s => Absolute(key, s))];

    /// <summary>A program: a bare name is left for PATH, anything with a slash is a path.</summary>
    public string Program(string key)
    {
        if (Scalar(key) is not { } s)
            return "";
        return s.Text.Contains('/', StringComparison.Ordinal) || s.Text.Length == 0 ? Absolute(key, s) : s.Text;
    }

    public Endpoint Endpoint(string key)
    {
        if (Scalar(key) is not { } s)
            return new Endpoint("", 0);
        if (!Configuration.Endpoint.TryParse(s.Text, out var endpoint))
            Fail(key, $"{Shown(s.Text)} is not host:port with a port of 1 to 65535 (an IPv6 address is in brackets)");
        return endpoint;
    }

    /// <summary>Notes an error at the place of a key.</summary>
    public void Fail(string key, string message) => _errors.Add(key, message, _keys.Peek(key)?.Origin);

    /// <summary>A rule over several keys. It is not judged while one of them is wrong in itself.</summary>
    public void Require(string key, bool rule, string message, params ReadOnlySpan<string> others)
    {
        if (rule || _errors.Has(key))
            return;
        foreach (var other in others)
        {
            if (_errors.Has(other))
                return;
        }

        Fail(key, message);
    }

    /// <summary>To be called last: what nobody has asked for is a mistake of the user's.</summary>
    public void RefuseUnknownKeys() => _keys.RefuseUnknown();

    /// <summary>A value for a message: short, on one line, and never the inside of a key that was pasted in.</summary>
    internal static string Shown(string text)
    {
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
            return "(a PEM text, not shown)";
        var shown = text.Length > 60 ? text[..60] + "..." : text;
        return "'" + string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)) + "'";
    }

    private T Named<T>(string key, string text)
        where T : struct, Enum
    {
        var names = Enum.GetValues<T>().ToDictionary(
            v => JsonNamingPolicy.KebabCaseLower.ConvertName(v.ToString()), v => v, StringComparer.Ordinal);
        if (names.TryGetValue(text, out var value))
            return value;
        Fail(key, $"{Shown(text)} is not one of {string.Join(", ", names.Keys)}{Suggestion.For(text, names.Keys)}");
        return default;
    }

    private string Absolute(string key, HoconScalar s)
    {
        if (s.Text.Length == 0 || s.Text.AsSpan().ContainsAny('\0', '\n'))
        {
            Fail(key, $"{Shown(s.Text)} is not a path: give the name of a file or directory");
            return "";
        }

        var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(s.Origin.File)) ?? "/";
        return System.IO.Path.GetFullPath(System.IO.Path.Combine(directory, s.Text));
    }

    private HoconScalar? Scalar(string key)
    {
        if (!_keys.TryRead(key, out var value))
            return null;
        if (value is HoconScalar { IsNull: false } s)
            return s;
        Fail(key, value is HoconScalar ? "must be set: it has no default" : $"must be one value, not {value.KindName}");
        return null;
    }

    private IReadOnlyList<HoconScalar> Scalars(string key)
    {
        if (!_keys.TryRead(key, out var value))
            return [];
        if (value is HoconArray a && a.Items.All(i => i is HoconScalar { IsNull: false, Text.Length: > 0 }))
            return [.. a.Items.Cast<HoconScalar>()];
        Fail(key, "must be a list of values: write [a, b]");
        return [];
    }
}
