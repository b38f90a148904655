using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>What users are shown: what the journal says. Only what was seen of the hosts is not in it.</summary>
public static class JournalView
{
    public static VmState VmOf(this IScenarioJournal journal, VmId vm) => VmOf(journal, ScenarioJournal.StreamOf(vm));

    public static MigrationState MigrationOf(this IScenarioJournal journal, MigrationId migration) =>
        MigrationOf(journal, ScenarioJournal.StreamOf(migration));

    /// <summary>Migrations that are not over.</summary>
    public static IEnumerable<MigrationState> Active(this IScenarioJournal journal) =>
        from stream in journal.Streams
        where stream.StartsWith("migration/", StringComparison.Ordinal)
        let state = MigrationOf(journal, stream)
        where state.Stage is Begun { Kind: not StageKind.Over }
        select state;

    /// <summary>One line for each VM.</summary>
    /// <param name="journal">Read now.</param>
    /// <param name="sightOf">What the coordinator has seen; null while it waits to read the migration's stream
    /// again.</param>
    public static IEnumerable<string> Describe(this IScenarioJournal journal, Func<MigrationId, Sight?> sightOf)
    {
        var active = journal.Active().Select(m => (Begun)m.Stage).OrderBy(s => s.Plan.Term).ToList();
        foreach (var stream in journal.Streams.Where(s => s.StartsWith("vm/", StringComparison.Ordinal)).ToList())
        {
            if (VmOf(journal, stream) is not KnownVm vm)
                continue;
            var migrations = active.Where(s => s.Plan.Spec.Id == vm.Spec.Id).Select(s =>
                $" | {s.Plan.Id} {s.Kind} #{s.CurrentAttempt} " +
                (sightOf(s.Plan.Id) is { } sight
                    ? $"source={sight.Source} target={sight.Target}"
                    : "waits for its journal"));
            yield return $"{vm.Spec.Id} {VmMachine.NameOf(vm)} owner={vm.Owner} epoch={vm.Epoch}" +
                $"{string.Concat(migrations)}";
        }
    }

    private static VmState VmOf(IScenarioJournal journal, string stream) =>
        journal.Read(stream).Cast<VmEvent>().Aggregate((VmState)new NoVm(0), VmMachine.Evolve);

    private static MigrationState MigrationOf(IScenarioJournal journal, string stream) =>
        journal.Read(stream).Cast<MigrationEvent>().Aggregate(MigrationState.Initial, MigrationEvolution.Evolve);
}
