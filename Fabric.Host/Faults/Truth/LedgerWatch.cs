using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Truth;

/// <summary>Reads a host's ledger file: what the agent has noted of a VM.</summary>
internal sealed class LedgerWatch(string path, VmId vm, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan NotedWithin = TimeSpan.FromSeconds(10);

    private readonly SqliteJournalReader _ledger = new(new SqliteJournalOptions { Path = path }, FabricEvents.Registry);

    /// <summary>How many events there are.</summary>
    public async Task<int> CountAsync(CancellationToken cancellation)
    {
        var count = 0;
        await foreach (var _ in _ledger.ReadAsync(FabricEvents.CopyStreamOf(vm), 1, cancellation))
            count++;
        return count;
    }

    /// <summary>Waits until more were noted.</summary>
    public async Task UntilMoreThanAsync(int known, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (await CountAsync(cancellation) <= known)
        {
            if (time.GetElapsedTime(began) > NotedWithin)
            {
                throw new LabException(
                    $"The agent noted nothing in '{path}' within {NotedWithin.TotalSeconds:0} s after the kill.");
            }
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ledger.Dispose();
}
