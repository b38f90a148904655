using Fabric.Host.Configuration;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Plan;

/// <summary>An entry of a list in a plan, with what it does not say itself taken from the plan's defaults.</summary>
internal static class PlanItem
{
    /// <summary>A reader for it; keys are named as <c>cases[2].who</c>.</summary>
    /// <param name="item">The entry.</param>
    /// <param name="name">Such as <c>cases[2]</c>.</param>
    /// <param name="file">For what nobody has written.</param>
    /// <param name="defaults">Values of keys that it does not have.</param>
    /// <param name="lists">Keys whose value may be a word alone, which is a list of one.</param>
    public static SettingsReader Reader(
        HoconObject item, string name, string file, IEnumerable<KeyValuePair<string, HoconValue>> defaults,
        params ReadOnlySpan<string> lists)
    {
        var fields = new OrderedDictionary<string, HoconValue>(StringComparer.Ordinal);
        foreach (var (key, value) in item.Fields.Concat(defaults.Where(d => !item.TryGet(d.Key, out _))))
        {
            fields.Add(key, value is HoconScalar { IsNull: false } && lists.Contains(key)
                ? new HoconArray(value.Origin, [value])
                : value);
        }

        var root = new OrderedDictionary<string, HoconValue>(StringComparer.Ordinal)
        {
            [name] = new HoconObject(item.Origin, fields),
        };
        return new SettingsReader(new HoconObject(item.Origin, root), name, file);
    }

    /// <summary>How long a fault lasts.</summary>
    public static TimeSpan DurationOf(SettingsReader r, string key) => r.Duration(
        key, TimeSpan.FromMilliseconds(Limits.Faults.ForMsMin), TimeSpan.FromMilliseconds(Limits.Faults.ForMsMax));

    /// <summary>What a slow link carries.</summary>
    public static long RateOf(SettingsReader r, string key) =>
        r.Size(key, Limits.Faults.RateMin, Limits.Faults.RateMax);

    /// <summary>A stage of the migration, which <c>off</c> is not.</summary>
    public static IReadOnlyList<FaultStage> StagesOf(SettingsReader r, string key)
    {
        var stages = r.Choices<FaultStage>(key);
        if (stages.Contains(FaultStage.Off))
            r.Fail(key, $"'off' is not a stage: one of {string.Join(", ", FaultNames.StageWords)}");
        return stages;
    }
}
