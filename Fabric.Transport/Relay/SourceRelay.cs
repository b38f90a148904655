using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Relay;

/// <summary>
/// The source's half of a transfer: QEMU connects to a UNIX socket as if that were its target, and what it sends goes
/// over the link. Owns the link. Ends by itself; <see cref="AbortAsync"/> ends it at once.
/// </summary>
public sealed class SourceRelay : IAsyncDisposable
{
    private readonly RelayEngine _engine;
    private readonly SourceWork? _work;

    private SourceRelay(RelayEngine engine, SourceWork? work) => (_engine, _work) = (engine, work);

    /// <summary>The end; never faults.</summary>
    public Task<RelayOutcome> Completion => _engine.Completion;

    /// <summary>What has moved so far; any thread, any time, no lock.</summary>
    public RelayTraffic Traffic => new(_engine.Out, _engine.In, _engine.Wire);

    /// <summary>What page work did so far, all zero without; any thread, any time, no lock.</summary>
    public PageWorkCounts PageWork => _work?.Counts ?? default;

    /// <summary>
    /// Listens for the source's QEMU: one connection, made by this user, then the path is gone. The directory must
    /// be private, and the path not there yet.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">The path is taken or its directory missing; the link
    /// stays the caller's.</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket, or the link is a target's.</exception>
    /// <param name="socketPath">For QEMU.</param>
    /// <param name="link">Made.</param>
    /// <param name="buffers">The agent's.</param>
    /// <param name="time">For stalls.</param>
    /// <param name="options">What is done with pages; null is nothing.</param>
    /// <param name="store">Where the source writes its pages down for a return; null is nowhere.</param>
    /// <param name="bootFiles">What the guest was booted from: where the target has the same, pages pack better.</param>
    public static SourceRelay Start(
        string socketPath, IDataLink link, LinkBufferPool buffers, TimeProvider time,
        PageWorkOptions? options = null, TransferStore? store = null, IReadOnlyList<string>? bootFiles = null)
    {
        if (link.Sends != LinkChannel.Ram)
            throw new ArgumentException("this is the target's end of a link", nameof(link));
        var work = options is { IsOn: true } && PageWorkOptions.Missing is null
            ? new SourceWork(options, store, time, bootFiles)
            : null;
        return new SourceRelay(new RelayEngine(new QemuListenSide(socketPath), link, buffers, time, work), work);
    }

    /// <summary>
    /// Closes QEMU's socket before it returns (QEMU then fails its migration and resumes its guest, even out of a
    /// hanging last write), tells the target, and ends with the relay. No effect on one that has ended.
    /// </summary>
    public Task AbortAsync(AbortReason reason) => _engine.AbortAsync(reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _engine.AbortAsync(AbortReason.Shutdown);
}
