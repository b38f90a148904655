using System.Globalization;
using Fabric.Host.Configuration;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Plan;

/// <summary>
/// Makes cases of entries: each stands for who x action x stage. A pair that makes no sense is left out if both words
/// have a partner in the entry; a word that has none is a mistake.
/// </summary>
internal static class PlanExpansion
{
    public static IReadOnlyList<FaultCase> Expand(
        IReadOnlyList<HoconObject> entries, HoconObject? defaults, int repetitions, string file,
        List<SettingsError> errors)
    {
        var cases = new List<FaultCase>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count && cases.Count * repetitions <= Limits.Faults.CasesMax; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"cases[{i + 1}]");
            var r = PlanItem.Reader(
                entries[i], name, file, defaults?.Fields ?? [], "who", "action", "stage");
            var found = Of(r);
            foreach (var twice in found.Where(c => !seen.Add(c.Id)))
                r.Fail("who", $"plans {twice.Id} twice: use 'repetitions' to run it more often");
            if (r.Errors.Count == 0)
                r.RefuseUnknownKeys();
            errors.AddRange(r.Errors);
            cases.AddRange(found);
        }

        return [.. from repetition in Enumerable.Range(1, repetitions)
                   from one in cases
                   select one with { Repetition = repetition }];
    }

    private static List<FaultCase> Of(SettingsReader r)
    {
        var (victims, actions) = (r.Choices<FaultVictim>("who"), r.Choices<FaultAction>("action"));
        var stages = PlanItem.StagesOf(r, "stage");
        var (length, rate) = (PlanItem.DurationOf(r, "for"), PlanItem.RateOf(r, "rate"));
        if (r.Errors.Count > 0)
            return [];
        foreach (var (key, isEmpty) in new[]
                 {
                     ("who", victims.Count == 0), ("action", actions.Count == 0), ("stage", stages.Count == 0),
                 })
        {
            if (isEmpty)
                r.Fail(key, "is empty: name at least one");
        }

        foreach (var who in victims.Where(w => !actions.Any(a => FaultCase.IsSensible(w, a))))
        {
            var can = string.Join(", ", FaultCase.ActionsOf(who).Select(FaultNames.WordOf));
            r.Fail("who", $"none of this entry's actions can be done to {FaultNames.WordOf(who)}: it takes {can}");
        }

        foreach (var action in actions.Where(a => !victims.Any(w => FaultCase.IsSensible(w, a))))
            r.Fail("action", $"{FaultNames.WordOf(action)} can be done to none of this entry's victims");
        return r.Errors.Count > 0 ? [] :
        [
            .. from who in victims.Distinct()
               from action in actions.Distinct()
               where FaultCase.IsSensible(who, action)
               from stage in stages.Distinct()
               select new FaultCase(who, action, stage, action == FaultAction.Kill ? TimeSpan.Zero : length, rate),
        ];
    }
}
