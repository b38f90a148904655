using System.Buffers;
using System.Net.WebSockets;
using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>
/// Puts the fragments of a text message together. The buffer is rented for the reader's life; it grows for a large
/// message and goes back to its first size after it, so that one large report does not hold 256 KiB per host.
/// </summary>
internal sealed class MessageReader(WebSocket socket) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Limits.NodeLink.ReceiveBufferBytes);

    /// <summary>The next message, valid until the next call; null when the peer closed.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync()
    {
        Shrink();
        var length = 0;
        for (var reads = 1; ; reads++)
        {
            if (length == _buffer.Length)
                Grow(length);
            var received = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            if (received.MessageType is WebSocketMessageType.Close)
                return null;
            if (received.MessageType is WebSocketMessageType.Binary)
                throw new LinkProtocolException(LinkFault.BinaryFrame, "a binary frame where only text is spoken");
            length += received.Count;
            if (length > Limits.NodeLink.MessageBytesMax)
                throw TooLarge();
            if (received.EndOfMessage)
                return _buffer.AsMemory(0, length);
            if (reads > Limits.NodeLink.ReadsFree + (length / Limits.NodeLink.BytesPerReadMin))
                throw new LinkProtocolException(LinkFault.FragmentFlood, $"{length} bytes came in {reads} fragments");
        }
    }

    /// <summary>Reads and forgets until the peer closes or the socket is aborted.</summary>
    public async Task DrainAsync()
    {
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
            await socket.ReceiveAsync(_buffer.AsMemory(), CancellationToken.None);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Grow(int length)
    {
        // One byte more than a message may have: enough to see that it has it.
        if (length > Limits.NodeLink.MessageBytesMax)
            throw TooLarge();
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(length * 2, Limits.NodeLink.MessageBytesMax + 1));
        _buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void Shrink()
    {
        if (_buffer.Length <= 2 * Limits.NodeLink.ReceiveBufferBytes)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(Limits.NodeLink.ReceiveBufferBytes);
    }

    private static LinkProtocolException TooLarge() =>
        new(LinkFault.MessageTooLarge, $"a message of more than {Limits.NodeLink.MessageBytesMax} bytes");
}
