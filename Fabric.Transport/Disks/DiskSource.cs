using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Disks;

/// <summary>
/// The source's half of a disk's copy: to its QEMU it is the NBD server of the target's. QEMU may disconnect and connect
/// again, one connection at a time. Owns the link.
/// </summary>
public sealed class DiskSource : IAsyncDisposable
{
    private readonly DiskRelay _relay;

    private DiskSource(DiskRelay relay) => _relay = relay;

    /// <summary>The end; never faults. Completed, LinkLost or Aborted.</summary>
    public Task<RelayOutcome> Completion => _relay.Completion;

    /// <summary>What has moved so far; any thread, any time.</summary>
    public DiskTraffic Traffic => _relay.Traffic;

    /// <summary>
    /// Listens for the source's QEMU, connections made by this user. The directory must be private, and the path not there
    /// yet; it is gone when this has ended.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">The path is taken or its directory missing; the link
    /// stays the caller's.</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket, or the link is a target's.</exception>
    public static DiskSource Start(string socketPath, IDataLink link, LinkBufferPool buffers, TimeProvider time) =>
        link.Sends == LinkChannel.Ram
            ? new DiskSource(new DiskRelay(new DiskListenEnd(socketPath), link, buffers, time))
            : throw new ArgumentException("this is the target's end of a link", nameof(link));

    /// <summary>
    /// The disk is through: takes no connection any more, closes the one that is there, and waits until both sides know
    /// that. As long as the link is cut it waits too; <see cref="AbortAsync"/> ends that.
    /// </summary>
    public Task<RelayOutcome> EndAsync() => _relay.EndAsync();

    /// <summary>
    /// Closes QEMU's socket before it returns, tells the target, and ends with the relay. No effect on one that has ended.
    /// </summary>
    public Task AbortAsync(AbortReason reason) => _relay.AbortAsync(reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _relay.AbortAsync(AbortReason.Shutdown);
}
