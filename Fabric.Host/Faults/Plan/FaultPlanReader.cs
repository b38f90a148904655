using Fabric.Host.Configuration;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Plan;

/// <summary>
/// Reads a plan over the default one. Everything wrong with it is found in one reading, each with file, line and key;
/// what nobody knows is refused.
/// </summary>
public static class FaultPlanReader
{
    private const string Root = "plan";

    /// <summary>The default plan.</summary>
    public static FaultPlan Default() => Read(null, _ => null);

    /// <summary>A plan in a file, or the default one.</summary>
    /// <exception cref="SettingsException">It says something that cannot be.</exception>
    /// <exception cref="HoconException">It is not HOCON, or cannot be read.</exception>
    public static FaultPlan Read(string? file, Func<string, string?> environment)
    {
        var root = file is null
            ? DefaultPlan.Document().Resolve(environment)
            : HoconDocument.FromFile(file).WithFallback(DefaultPlan.Document()).Resolve(environment);
        return Read(root, file ?? DefaultPlan.Name);
    }

    internal static FaultPlan Read(HoconObject root, string file)
    {
        var r = new SettingsReader(root, Root, file);
        var errors = new List<SettingsError>();
        var repetitions = r.Int("repetitions", 1, Limits.Faults.RepetitionsMax);
        var plan = new FaultPlan(
            r.Text("name"),
            r.Choice<HypervisorKind>("hypervisor"),
            r.Choice<LabSites>("sites"),
            r.Size("vm.memory", Limits.Faults.MemoryMin, Limits.Faults.MemoryMax),
            r.Size("vm.disk", 0, Limits.Faults.DiskMax),
            r.Choice<LabNetwork>("vm.network"),
            r.Size("vm.bandwidth", Limits.Faults.RateMin, long.MaxValue),
            r.Duration("limits.settle", Ms(Limits.Faults.SettleMsMin), Ms(Limits.Faults.SettleMsMax)),
            [], null);
        _ = PlanItem.DurationOf(r, "defaults.for");
        _ = PlanItem.RateOf(r, "defaults.rate");
        _ = r.Texts("defaults.stage");
        var defaults = root.Find(Root, "defaults") as HoconObject;
        // A default that is wrong would be wrong again in every case.
        var entries = r.Objects("cases");
        var cases = r.Errors.Count > 0 ? [] : PlanExpansion.Expand(entries, defaults, repetitions, file, errors);
        var own = root.Find(Root, "own") is null ? null : OwnPlanReader.Read(r, defaults, file, errors);
        if (own is null && entries.Count == 0)
            r.Fail("cases", "is empty: name at least one case");
        if (cases.Count > Limits.Faults.CasesMax)
            r.Fail(repetitions > 1 ? "repetitions" : "cases", FormattableString.Invariant(
                $"stands for {cases.Count} cases, repetitions included; at most {Limits.Faults.CasesMax} are run"));
        if (r.Errors.Count == 0)
            r.RefuseUnknownKeys();
        errors.InsertRange(0, r.Errors);
        return errors.Count == 0
            ? plan with { Cases = own is null ? cases : [], Own = own }
            : throw new SettingsException(errors);
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
