using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>
/// A path between the agents of one migration, in order and exactly once, over connections that may be cut and are made
/// again. The relay knows no more than this.
/// Its calls block: the relay has threads of its own, and a byte that had to change threads on its way would cost
/// more than all copies of it. One sender and one receiver at a time; <see cref="AbortAsync"/> and disposal from
/// anywhere. A failed call leaves the link dead. A buffer belongs to the caller again when the call has ended; what was
/// in it does not.
/// </summary>
public interface IDataLink : IAsyncDisposable
{
    /// <summary>The channel that this side sends on; the peer sends on the other.</summary>
    LinkChannel Sends { get; }

    /// <summary>Bytes given to connections so far, frame heads and what was sent again included, TLS not. Any
    /// thread.</summary>
    long BytesSent { get; }

    /// <summary>Bytes taken from connections so far, counted alike. Any thread.</summary>
    long BytesReceived { get; }

    /// <summary>How long there has been no connection; null while there is one. Any thread.</summary>
    TimeSpan? DownFor { get; }

    /// <summary>
    /// How long ago the peer acknowledged something new, or the link came up again: less than this, a write cannot have
    /// been stalled. None while a write waits for its rate. Any thread.
    /// </summary>
    TimeSpan StillFor { get; }

    /// <summary>What the path is like. Any thread.</summary>
    LinkMeasures Measure();

    /// <summary>
    /// Holds what this side gives to connections to a rate, heads and what is sent again included, TLS not; 0 lifts it at
    /// once, also for a call that waits for it. Links that share a rate share this one. Any thread, any time.
    /// </summary>
    /// <param name="bytesPerSecond">0 is no limit.</param>
    void Pace(long bytesPerSecond);

    /// <summary>
    /// Another number of connections, from now on; at the source, which makes them. 0: as configured. Any thread.
    /// </summary>
    void Want(int connections);

    /// <summary>
    /// Bytes that were sent and that the peer has not acknowledged. Any thread.
    /// </summary>
    long Unacknowledged { get; }

    /// <summary>
    /// Waits until the peer has acknowledged all but so many bytes, or the link is over. Who sends calls it, and feels
    /// the path, where <see cref="Send"/> alone lets it feel only the room before it.
    /// </summary>
    void AwaitAcknowledged(long allBut);

    /// <summary>Sends the first <paramref name="length"/> bytes of the buffer's payload. Blocks while the path is
    /// full, or cut.</summary>
    /// <exception cref="LinkException">Cut for good.</exception>
    void Send(LinkBuffer buffer, int length);

    /// <summary>Ends this side's channel, and waits until the peer has every byte of it.</summary>
    /// <exception cref="LinkException">Cut for good.</exception>
    void Complete();

    /// <summary>
    /// Takes the next bytes of the peer's channel, as many as have come and fit, blocks while there are none; 0 at
    /// its end. Bytes of <paramref name="into"/> behind them are undefined. After the end, goes on waiting for the
    /// link to end, so that a cut or an abort is still heard.
    /// </summary>
    /// <exception cref="LinkException">Cut for good, BadFrame or Aborted.</exception>
    int Receive(Span<byte> into);

    /// <summary>
    /// Tells the peer why, if the path takes it within <see cref="Protocol.Limits.Relay.AbortSendMs"/>, and closes.
    /// Calls under way fail. Never throws; idempotent.
    /// </summary>
    ValueTask AbortAsync(AbortReason reason);
}
