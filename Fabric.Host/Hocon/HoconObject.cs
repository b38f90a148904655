using System.Diagnostics.CodeAnalysis;

namespace Fabric.Host.Hocon;

/// <summary>Fields in the order in which they were first written.</summary>
public sealed class HoconObject : HoconValue
{
    private readonly OrderedDictionary<string, HoconValue> _fields;

    internal HoconObject(HoconOrigin origin, OrderedDictionary<string, HoconValue> fields)
        : base(origin, 1 + fields.Sum(f => f.Value.Weight + HoconScalar.TextWeight(f.Key)),
            1 + fields.Values.Select(v => v.Height).DefaultIfEmpty(0).Max()) => _fields = fields;

    public override string KindName => "an object";

    public IReadOnlyList<KeyValuePair<string, HoconValue>> Fields => _fields;

    public bool TryGet(string key, [MaybeNullWhen(false)] out HoconValue value) =>
        _fields.TryGetValue(key, out value);

    /// <summary>The value at a path of plain keys, or null when a step of it is not there.</summary>
    public HoconValue? Find(params ReadOnlySpan<string> path)
    {
        HoconValue? value = this;
        foreach (var key in path)
            value = value is HoconObject o && o.TryGet(key, out var next) ? next : null;
        return value;
    }
}
