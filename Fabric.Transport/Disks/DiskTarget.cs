using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Disks;

/// <summary>
/// The target's half of a disk's copy: connects to its QEMU's NBD server whenever the source's QEMU connects to the source's
/// half. Owns the link. Ends when the source ends it.
/// </summary>
public sealed class DiskTarget : IAsyncDisposable
{
    private readonly DiskRelay _relay;

    private DiskTarget(DiskRelay relay) => _relay = relay;

    /// <summary>The end; never faults. Completed, LinkLost or Aborted.</summary>
    public Task<RelayOutcome> Completion => _relay.Completion;

    /// <summary>What has moved so far; any thread, any time.</summary>
    public DiskTraffic Traffic => _relay.Traffic;

    /// <summary>Begins to listen to the link. That nobody listens on the path closes the source's connection, no more.</summary>
    /// <exception cref="ArgumentException">The path is too long for a socket, or the link is a source's.</exception>
    public static DiskTarget Start(string nbdSocketPath, IDataLink link, LinkBufferPool buffers, TimeProvider time) =>
        link.Sends == LinkChannel.ReturnPath
            ? new DiskTarget(new DiskRelay(new DiskConnectEnd(nbdSocketPath), link, buffers, time))
            : throw new ArgumentException("this is the source's end of a link", nameof(link));

    /// <summary>
    /// Closes QEMU's socket before it returns, tells the source, and ends with the relay. No effect on one that has ended.
    /// </summary>
    public Task AbortAsync(AbortReason reason) => _relay.AbortAsync(reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _relay.AbortAsync(AbortReason.Shutdown);
}
