using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// A buffer for one frame: room for the head, then the payload, so that both leave in one write. Lent by a
/// <see cref="LinkBufferPool"/> to one owner, who disposes of it once.
/// </summary>
public sealed class LinkBuffer : IDisposable
{
    private readonly LinkBufferPool _pool;
    private Block _block = new();

    internal LinkBuffer(LinkBufferPool pool) => _pool = pool;

    /// <summary>Where the payload goes. Other memory after each call that sent it.</summary>
    public Span<byte> Payload => _block.Bytes.AsSpan(Limits.Relay.HeaderSize);

    /// <summary>What it is lent for; null while it lies in the pool.</summary>
    internal string? Purpose { get; set; }

    /// <summary>Gives away the memory with what is in it, and takes other: a frame is kept without a copy.</summary>
    internal Block Exchange(Block other)
    {
        var full = _block;
        _block = other;
        return full;
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Return(this);
}
