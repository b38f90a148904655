using System.Threading.Channels;

namespace Fabric.Actors.Runtime;

/// <summary>
/// A bounded queue that outlives its actor: a restart keeps it, and an entity that is passivated hands it, with
/// what it holds, to its next incarnation.
/// </summary>
internal sealed class Mailbox(int capacity)
{
    private readonly Channel<Envelope> _channel = Channel.CreateBounded<Envelope>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private long _refused;

    public bool IsEmpty => _channel.Reader.Count == 0;

    /// <summary>How many were refused since the overflow began, if this write ends one; else zero.</summary>
    public bool TryWrite(Envelope envelope, out long refusedBefore)
    {
        refusedBefore = 0;
        if (!_channel.Writer.TryWrite(envelope)) return false;
        if (Volatile.Read(ref _refused) != 0) refusedBefore = Interlocked.Exchange(ref _refused, 0);
        return true;
    }

    public bool TryRead(out Envelope envelope) => _channel.Reader.TryRead(out envelope);

    /// <summary>True for the first refusal of an overflow.</summary>
    public bool NoteRefused() => Interlocked.Increment(ref _refused) == 1;

    /// <summary>Returns when there is room or the mailbox is closed.</summary>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken) =>
        _ = await _channel.Writer.WaitToWriteAsync(cancellationToken);

    public void Close() => _channel.Writer.TryComplete();
}
