using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Plan;

/// <summary>Reads <c>plan.own</c>.</summary>
internal static class OwnPlanReader
{
    private static readonly KeyValuePair<string, HoconValue>[] Nothing =
    [
        Default("break"), Default("mend"),
        new("ask", HoconScalar.FromWord(HoconOrigin.StartOf(DefaultPlan.Name), "nothing")),
    ];

    public static OwnPlan Read(SettingsReader r, HoconObject? defaults, string file, List<SettingsError> errors)
    {
        var api = r.Text("own.api");
        var isAddress = Uri.TryCreate(api, UriKind.Absolute, out var uri)
            && string.Equals(uri.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
        if (!isAddress)
            r.Fail("own.api", "is not an https: address of a coordinator");
        var hosts = r.Texts("own.hosts");
        if (hosts.Count != 2 || string.Equals(hosts[0], hosts[1], StringComparison.Ordinal))
            r.Fail("own.hosts", "must name the two hosts between which the VM is moved");
        foreach (var host in hosts.Where(h => !Names.IsValid(h)))
            r.Fail("own.hosts", $"'{Names.Shown(host)}' is not the name of a host");
        var vm = r.Text("own.vm");
        if (!Names.IsValid(vm))
            r.Fail("own.vm", $"'{Names.Shown(vm)}' is not the name of a VM");
        var fallback = Nothing.Concat((defaults?.Fields ?? [])
            .Where(f => f.Key is "for")).ToList();
        var entries = r.Objects("own.cases");
        if (entries.Count == 0)
            r.Fail("own.cases", "is empty: name at least one case");
        if (entries.Count > Limits.Faults.CasesMax)
            r.Fail("own.cases", FormattableString.Invariant($"has more than {Limits.Faults.CasesMax} cases"));
        var cases = new List<OwnCase>();
        for (var i = 0; i < Math.Min(entries.Count, Limits.Faults.CasesMax); i++)
        {
            var item = PlanItem.Reader(
                entries[i], string.Create(CultureInfo.InvariantCulture, $"own.cases[{i + 1}]").Replace('.', '-'), file,
                fallback, "at");
            cases.Add(CaseOf(item));
            if (item.Errors.Count == 0)
                item.RefuseUnknownKeys();
            errors.AddRange(item.Errors);
        }

        // A key that is not there means no: it must be said in the plan or on the command line.
        var confirm = r.Has("own.confirm") && r.Bool("own.confirm");
        return new OwnPlan(
            isAddress ? uri! : new Uri("https://invalid"), r.Path("own.ca"), r.Path("own.cert"), r.Path("own.key"), vm,
            hosts, confirm, cases);
    }

    private static OwnCase CaseOf(SettingsReader r)
    {
        var stages = PlanItem.StagesOf(r, "at");
        if (stages.Count != 1)
            r.Fail("at", "must be one stage");
        var (breaks, mends) = (r.Texts("break"), r.Texts("mend"));
        var ask = r.Choice<OwnAsk>("ask");
        if (breaks.Count == 0 && ask == OwnAsk.Nothing && r.Errors.Count == 0)
            r.Fail("break", "is missing: name a program with its arguments, or ask = cancel or migrate");
        foreach (var (key, command) in new[] { ("break", breaks), ("mend", mends) })
        {
            if (command.Count > Limits.Faults.ArgumentsMax)
                r.Fail(key, FormattableString.Invariant($"has more than {Limits.Faults.ArgumentsMax} arguments"));
        }

        return new OwnCase(
            r.Text("name"), stages.Count > 0 ? stages[0] : FaultStage.Off, PlanItem.DurationOf(r, "for"), breaks,
            mends, ask);
    }

    private static KeyValuePair<string, HoconValue> Default(string key) =>
        new(key, new HoconArray(HoconOrigin.StartOf(DefaultPlan.Name), []));
}
