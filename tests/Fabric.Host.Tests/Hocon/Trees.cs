using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Hocon;

internal static class Trees
{
    public static string DataDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "Hocon", "Data");

    public static HoconObject Resolve(string text) => HoconDocument.FromText(text, "test.conf").Resolve(NoEnvironment);

    public static string Json(string text) => HoconJson.Render(Resolve(text), compact: true);

    public static HoconException Refused(string text) => Should.Throw<HoconException>(() => Resolve(text));

    public static string? NoEnvironment(string name) => null;

    public static string At(HoconObject tree, params string[] path)
    {
        var value = tree.Find(path);
        value.ShouldNotBeNull($"nothing at {string.Join('.', path)}");
        return value is HoconScalar s ? s.Text : HoconJson.Render(value, compact: true);
    }

    /// <summary>Kinds, texts and array order count; the order of fields does not.</summary>
    public static bool Same(HoconValue a, HoconValue b) => (a, b) switch
    {
        (HoconScalar x, HoconScalar y) => x.Kind == y.Kind && string.Equals(x.Text, y.Text, StringComparison.Ordinal),
        (HoconArray x, HoconArray y) => x.Items.Count == y.Items.Count
            && x.Items.Zip(y.Items).All(p => Same(p.First, p.Second)),
        (HoconObject x, HoconObject y) => x.Fields.Count == y.Fields.Count
            && x.Fields.All(f => y.TryGet(f.Key, out var other) && Same(f.Value, other)),
        _ => false,
    };
}
