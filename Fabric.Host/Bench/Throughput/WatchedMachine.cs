using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Faults;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Throughput;

/// <summary>A QEMU and the one reader of its events.</summary>
internal sealed class WatchedMachine : IAsyncDisposable
{
    private readonly IAsyncEnumerator<MachineEvent> _events;

    public WatchedMachine(QemuMachine machine) =>
        (Machine, _events) = (machine, machine.EventsAsync(CancellationToken.None).GetAsyncEnumerator());

    public QemuMachine Machine { get; }

    /// <summary>Waits until the migration is in that phase.</summary>
    /// <exception cref="LabException">It failed, or QEMU ended.</exception>
    public async Task UntilAsync(MigrationPhase phase)
    {
        while (await _events.MoveNextAsync())
        {
            if (_events.Current is MigrationPhaseChanged { Phase: MigrationPhase.Failed or MigrationPhase.Cancelled } failed)
                throw new LabException($"QEMU's migration failed: {failed.Detail}");
            if (_events.Current is MigrationPhaseChanged changed && changed.Phase == phase)
                return;
        }

        throw new LabException($"QEMU ended before {phase}: {Machine.Directory.LogTail()}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Machine.KillAsync(CancellationToken.None);
        await _events.DisposeAsync();
        await Machine.DisposeAsync();
    }
}
