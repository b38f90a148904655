using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// A buffer for one frame: room for the head, then the payload, so that both leave in one write. Lent by a
/// <see cref="LinkBufferPool"/> to one owner, who disposes of it once.
/// </summary>
public sealed class LinkBuffer : IDisposable
{
    private readonly LinkBufferPool _pool;

    // Pinned for its whole life: sockets would pin it again for each call.
    private readonly byte[] _bytes =
        GC.AllocateUninitializedArray<byte>(Limits.Relay.HeaderSize + Limits.Relay.PayloadMax, pinned: true);

    internal LinkBuffer(LinkBufferPool pool) => _pool = pool;

    /// <summary>Where the payload goes.</summary>
    public Span<byte> Payload => _bytes.AsSpan(Limits.Relay.HeaderSize);

    /// <summary>What it is lent for; null while it lies in the pool.</summary>
    internal string? Purpose { get; set; }

    internal Span<byte> Header => _bytes.AsSpan(0, Limits.Relay.HeaderSize);

    internal ReadOnlySpan<byte> Frame(int length) => _bytes.AsSpan(0, Limits.Relay.HeaderSize + length);

    /// <inheritdoc/>
    public void Dispose() => _pool.Return(this);
}
