using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Relay;

/// <summary>A QEMU and the one reader of its events.</summary>
internal sealed class WatchedMachine(QemuMachine machine) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<MachineEvent> _events = machine.EventsAsync(CancellationToken.None).GetAsyncEnumerator();

    public QemuMachine Machine => machine;

    /// <summary>Waits until the migration is in that phase.</summary>
    public async Task UntilAsync(MigrationPhase phase)
    {
        while (await _events.MoveNextAsync())
        {
            if (_events.Current is MigrationPhaseChanged { Phase: MigrationPhase.Failed or MigrationPhase.Cancelled } failed)
                throw new InvalidOperationException($"the migration failed: {failed.Detail}");
            if (_events.Current is MigrationPhaseChanged changed && changed.Phase == phase)
                return;
        }

        throw new InvalidOperationException($"QEMU ended before {phase}: {machine.Directory.LogTail()}");
    }

    public async ValueTask DisposeAsync()
    {
        await machine.KillAsync(CancellationToken.None);
        await _events.DisposeAsync();
        await machine.DisposeAsync();
    }
}
