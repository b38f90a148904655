using Fabric.Drivers.Disks;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Disks;

/// <summary>A machine that passes its guest's writes on, and nothing else.</summary>
internal sealed class FakeMachine : IMachineDisks, IAsyncDisposable
{
    private NbdClient? _job;

    public string SocketPath => throw new NotSupportedException();

    /// <summary>It does not pass anything on.</summary>
    public bool Refuses { get; init; }

    /// <summary>How its job was ended, each time.</summary>
    public List<bool> Ends { get; } = [];

    /// <summary>Whether the other side was still there when the job was ended by force: then that would hang.</summary>
    public bool WasConnectedAtTheEnd { get; private set; }

    /// <summary>What the guest writes goes there; fails when nothing does.</summary>
    public NbdClient Job => _job ?? throw new InvalidOperationException("no job");

    public async Task MirrorAsync(DiskId disk, string socketPath, CancellationToken cancellation)
    {
        if (Refuses)
            throw new HypervisorException(HypervisorFault.Refused, "no such job");
        _job = await NbdClient.OpenAsync(
            await DiskCopy.Over(socketPath)(cancellation), disk.Value, [], TimeProvider.System, cancellation);
    }

    public async Task<bool> EndMirrorAsync(DiskId disk, bool inOrder, CancellationToken cancellation)
    {
        Ends.Add(inOrder);
        if (_job is not { } job)
            return false;
        var isWell = true;
        try
        {
            // As the job does at its end; by force it does not, but then the connection must be closed.
            var flush = job.FlushAsync(cancellation);
            await flush;
            WasConnectedAtTheEnd |= !inOrder;
        }
        catch (NbdException)
        {
            isWell = false;
        }

        await job.DisposeAsync();
        _job = null;
        return inOrder && isWell;
    }

    public async ValueTask DisposeAsync()
    {
        if (_job is not null)
            await _job.DisposeAsync();
    }

    public Task ExportAsync(IReadOnlyCollection<DiskId> disks, CancellationToken cancellation) => throw new NotSupportedException();

    public Task CloseExportsAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task OfferAsync(DiskId disk, string export, string? bitmap, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<string>> OffersAsync(DiskId disk, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task WithdrawAsync(string export, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<DiskBitmap>> BitmapsAsync(DiskId disk, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task ChangeBitmapsAsync(DiskId disk, IReadOnlyList<BitmapChange> changes, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task ThrottleWritesAsync(DiskId disk, long bytesPerSecond, CancellationToken cancellation) =>
        throw new NotSupportedException();
}
