using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Relay;

/// <summary>
/// The target's half of a transfer: connects to the waiting QEMU when the first bytes have come, and gives it what the
/// source's QEMU sends. Owns the link. Ends by itself; <see cref="AbortAsync"/> ends it at once.
/// </summary>
public sealed class TargetRelay : IAsyncDisposable
{
    private readonly RelayEngine _engine;
    private readonly TargetQemu _qemu;

    private TargetRelay(TargetQemu qemu, IDataLink link, LinkBufferPool buffers, TimeProvider time, IRelayWork? work)
    {
        _qemu = qemu;
        FirstBytes = qemu.Connected;
        _engine = new RelayEngine(qemu, link, buffers, time, work);
    }

    /// <summary>The end; never faults.</summary>
    public Task<RelayOutcome> Completion => _engine.Completion;

    /// <summary>Completes when the first bytes have come and QEMU was connected; never faults, and is cancelled if none come.</summary>
    public Task FirstBytes { get; }

    /// <summary>What has moved so far; any thread, any time, no lock.</summary>
    public RelayTraffic Traffic => new(_engine.In, _engine.Out, _engine.Wire);

    /// <summary>Begins to listen to the link.</summary>
    /// <exception cref="ArgumentException">The path is too long for a socket, or the link is a source's.</exception>
    /// <param name="qemuSocketPath">The waiting QEMU's.</param>
    /// <param name="link">Made.</param>
    /// <param name="buffers">The agent's.</param>
    /// <param name="time">For stalls.</param>
    /// <param name="options">What is done with pages; off asks the source for QEMU's stream as it is.</param>
    /// <param name="store">Where pages are held; null is nowhere.</param>
    /// <param name="bootFiles">What the guest was booted from.</param>
    public static TargetRelay Start(
        string qemuSocketPath, IDataLink link, LinkBufferPool buffers, TimeProvider time,
        PageWorkOptions? options = null, TransferStore? store = null, IReadOnlyList<string>? bootFiles = null)
    {
        if (link.Sends != LinkChannel.ReturnPath)
            throw new ArgumentException("this is the source's end of a link", nameof(link));

        // Also when it is off: a source that begins with page work has to be told.
        var work = PageWorkOptions.Missing is null ? new TargetWork(options ?? PageWorkOptions.Off, store, bootFiles) : null;
        var qemu = new TargetQemu(qemuSocketPath, work ?? (IRefill)new NoRefill());
        return new TargetRelay(qemu, link, buffers, time, work);
    }

    /// <summary>Why no other QEMU can take the place of the one that is there; any thread, and only for now.</summary>
    public RefillRefusal WhyNotReplace => _qemu.WhyNot;

    /// <summary>
    /// QEMU died, and another waits. When this ends well, it has everything that the first was given, and the stream goes
    /// on to it. When it ends otherwise, this relay does too, and the other has to be ended.
    /// </summary>
    /// <param name="qemuSocketPath">The other's.</param>
    public Task<RefillRefusal> ReplaceAsync(string qemuSocketPath) => _engine.ReplaceAsync(_qemu, qemuSocketPath);

    /// <summary>
    /// Closes QEMU's socket before it returns (an incoming QEMU that is not complete then exits), tells the source,
    /// and ends with the relay. No effect on one that has ended.
    /// </summary>
    public Task AbortAsync(AbortReason reason) => _engine.AbortAsync(reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _engine.AbortAsync(AbortReason.Shutdown);

    private sealed class NoRefill : IRefill
    {
        public RefillRefusal WhyNot => RefillRefusal.Unread;

        public RefillRefusal Refill(IByteSink fresh) => WhyNot;
    }
}
