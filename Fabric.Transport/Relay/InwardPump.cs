using System.Runtime.CompilerServices;
using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Relay;

/// <summary>
/// Bytes from the link in pieces as large as may be without waiting for any. TLS hands out records of 16 KiB, and a
/// write to QEMU for each would wake QEMU for each. So it takes what has come, until the buffer is full or a receive
/// has to wait; that receive stays under way, into the rest of the buffer, while the caller passes on what lies
/// before it.
/// </summary>
internal sealed class InwardPump(IDataLink link, LinkBuffer buffer) : IAsyncDisposable
{
    private ValueTask<int> _ahead;
    private bool _isAhead;
    private bool _hasEnded;
    private int _from;

    /// <summary>The next bytes, the caller's until the next call; none at the end of the peer's channel.</summary>
    /// <exception cref="LinkException">Cut, BadFrame or Aborted; all bytes before it were handed out.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync()
    {
        if (_hasEnded)
            return default;
        if (!_isAhead)
            (_ahead, _from) = (link.ReceiveAsync(buffer.Payload), 0);
        var (receive, from) = (_ahead, _from);
        _isAhead = false;
        var to = from + await receive;
        _hasEnded = to == from;
        while (!_hasEnded && buffer.Payload.Length - to >= Limits.Relay.GatherRoomMin)
        {
            receive = link.ReceiveAsync(buffer.Payload[to..]);
            if (!receive.IsCompletedSuccessfully)
            {
                (_ahead, _isAhead, _from) = (receive, true, to);
                break;
            }

            var count = await receive;
            _hasEnded = count == 0;
            to += count;
        }

        return buffer.Payload[from..to];
    }

    /// <summary>Waits for the receive under way: the buffer is its until then. The link must be closing.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_isAhead)
                await _ahead;
        }
        catch (LinkException)
        {
            // The relay has its verdict.
        }

        buffer.Dispose();
    }
}
