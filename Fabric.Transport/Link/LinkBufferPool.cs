using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// The frame buffers of an agent. Bounded; keeps what comes back. Disposing of it while a buffer is lent is a defect
/// of the borrower, and the error names what the buffer was lent for.
/// </summary>
public sealed class LinkBufferPool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<LinkBuffer> _free = new();
    private readonly HashSet<LinkBuffer> _lent = [];

    /// <summary>Buffers lent right now.</summary>
    public int Lent
    {
        get
        {
            lock (_gate)
                return _lent.Count;
        }
    }

    /// <summary>Lends a buffer.</summary>
    /// <exception cref="InvalidOperationException">All are lent.</exception>
    public LinkBuffer Rent(string purpose)
    {
        lock (_gate)
        {
            if (_lent.Count >= Limits.Relay.BuffersMax)
            {
                throw new InvalidOperationException(
                    $"all {Limits.Relay.BuffersMax} link buffers are lent: more relays at a time than this host may have");
            }

            var buffer = _free.TryPop(out var kept) ? kept : new LinkBuffer(this);
            buffer.Purpose = purpose;
            _lent.Add(buffer);
            return buffer;
        }
    }

    internal void Return(LinkBuffer buffer)
    {
        lock (_gate)
        {
            // A second return would lend one buffer to two owners: bytes of one guest in the stream of another.
            if (!_lent.Remove(buffer))
                throw new InvalidOperationException("a link buffer was returned twice");
            buffer.Purpose = null;
            _free.Push(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_lent.Count > 0)
            {
                throw new InvalidOperationException(
                    "link buffers are still lent: " + string.Join(", ", _lent.Select(b => b.Purpose)));
            }

            _free.Clear();
        }
    }
}
