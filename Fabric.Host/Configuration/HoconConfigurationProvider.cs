using System.Globalization;
using Fabric.Host.Hocon;
using Microsoft.Extensions.Configuration;

namespace Fabric.Host.Configuration;

/// <summary>
/// Flattens the resolved tree to keys of the form <c>a:b:0</c>. Those keys ignore case and give ':' a meaning,
/// HOCON does neither: two keys that fall together are refused instead of one silently hiding the other.
/// </summary>
public sealed class HoconConfigurationProvider(string path, Func<string, string?> environment) : ConfigurationProvider
{
    public override void Load()
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in HoconDocument.FromFile(path).Resolve(environment).Fields)
            Flatten(data, key, value);
        Data = data;
    }

    private static void Flatten(Dictionary<string, string?> data, string key, HoconValue value)
    {
        switch (value)
        {
            case HoconObject { Fields.Count: > 0 } o:
                foreach (var (name, field) in o.Fields)
                    Flatten(data, ConfigurationPath.Combine(key, name), field);
                break;
            case HoconArray { Items.Count: > 0 } a:
                for (var i = 0; i < a.Items.Count; i++)
                    Flatten(data, ConfigurationPath.Combine(key, i.ToString(CultureInfo.InvariantCulture)), a.Items[i]);
                break;
            default:
                // An empty object or array keeps its key, with no value, as the JSON provider does.
                if (!data.TryAdd(key, value is HoconScalar { IsNull: false } s ? s.Text : null))
                    throw new HoconException(value.Origin, "this key is already there: keys that differ only in " +
                        "case, or in ':' and nesting, are one key here; rename one", key);
                break;
        }
    }
}
