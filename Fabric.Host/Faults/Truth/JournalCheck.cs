using System.Globalization;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Truth;

/// <summary>
/// Rule 9, from outside: the file is read again from the start, and every stream must be one history.
/// </summary>
internal static class JournalCheck
{
    /// <summary>The VM's events, and what is wrong with its stream and those of its migrations.</summary>
    /// <exception cref="LabException">It cannot be read, which says nothing.</exception>
    public static async Task<(IReadOnlyList<VmEvent> Vm, IReadOnlyList<string> Faults)> ReadAsync(
        string path, VmId vm, IEnumerable<MigrationId> migrations, CancellationToken cancellation)
    {
        using var journal = new SqliteJournalReader(new SqliteJournalOptions { Path = path }, FabricEvents.Registry);
        var history = new List<VmEvent>();
        var faults = new List<string>();
        await FoldAsync<VmState, VmEvent>(
            journal, FabricEvents.StreamOf(vm), new NoVm(0), VmMachine.Evolve, history, faults, cancellation);
        foreach (var migration in migrations)
        {
            await FoldAsync<MigrationState, MigrationEvent>(
                journal, FabricEvents.StreamOf(migration), MigrationState.Initial, MigrationEvolution.Evolve, [],
                faults,
                cancellation);
        }

        return (history, faults);
    }

    private static async Task FoldAsync<TState, TEvent>(
        SqliteJournalReader journal, StreamId stream, TState state, Func<TState, TEvent, TState> evolve,
        List<TEvent> history, List<string> faults, CancellationToken cancellation)
    {
        try
        {
            long version = 0;
            await foreach (var recorded in journal.ReadAsync(stream, 1, cancellation))
            {
                if (recorded.Version != ++version)
                {
                    faults.Add(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{stream} has version {recorded.Version} where {version} belongs"));
                    return;
                }

                state = evolve(state, (TEvent)recorded.Event);
                history.Add((TEvent)recorded.Event);
            }
        }
        catch (JournalUnavailableException e)
        {
            throw new LabException($"The journal cannot be read to check it: {e.Message}", e);
        }
        catch (Exception e) when (e is CorruptEventException or UnknownEventException or InvalidOperationException)
        {
            faults.Add($"{stream}: {e.Message}");
        }
    }
}
