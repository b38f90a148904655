using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>Where a frame's bytes are put as they come.</summary>
/// <param name="Block">Used once for it.</param>
/// <param name="At">Its first byte's place.</param>
internal readonly record struct Region(Block Block, int At);

/// <summary>
/// Bytes of a channel that came and wait for their reader, and frames that wait for earlier ones. Bounded by the
/// channel's window: <see cref="ChannelReceiver"/> lets no frame in beyond it. Under the link's lock, except that the
/// bytes of a region belong to the connection that fills it.
/// </summary>
internal sealed class Inbox(ChannelReceiver receiver, Blocks blocks)
{
    private readonly Queue<Piece> _pieces = new(Limits.Link.FramesMax);
    private readonly Region[] _ahead = new Region[Limits.Link.FramesMax];
    private readonly Stack<int> _tags = new(Enumerable.Range(0, Limits.Link.FramesMax));
    private Piece _head;
    private Piece _tail;
    private Block? _copies;

    /// <summary>Nothing waits for the reader.</summary>
    public bool IsEmpty => _head.Count == 0;

    /// <summary>Room for a frame.</summary>
    public Region Reserve(int length)
    {
        if (length > Limits.Link.PackedMax)
            return new Region(blocks.Take(), 0);
        var (block, at) = blocks.TakePart(length);
        return new Region(block, at);
    }

    /// <summary>Bytes that came in their order into a region; then those that waited for them.</summary>
    public void Arrived(Region region, long offset, int at, int count)
    {
        Take(region.Block, region.At + at, offset, count);
        FollowUp();
    }

    /// <summary>Bytes that came in their order, and not into a region.</summary>
    public void ArrivedCopy(ReadOnlySpan<byte> bytes, long offset)
    {
        var region = Reserve(bytes.Length);
        bytes.CopyTo(region.Block.Bytes.AsSpan(region.At));
        Arrived(region, offset, 0, bytes.Length);
        blocks.Release(region.Block);
    }

    /// <summary>Frames whose time has come.</summary>
    public void FollowUp()
    {
        while (receiver.TryNext(out var next, out var length, out var tag))
        {
            var ahead = _ahead[tag];
            Take(ahead.Block, ahead.At, next, length);
            blocks.Release(ahead.Block);
            _tags.Push(tag);
        }
    }

    /// <summary>A frame that came whole, ahead of others when it began, perhaps not any more.</summary>
    public void ArrivedWhole(Region region, long offset, int length)
    {
        if (offset <= receiver.Contiguous)
        {
            Arrived(region, offset, 0, length);
        }
        else if (receiver.TryKeep(offset, length, _tags.Peek()))
        {
            _ahead[_tags.Pop()] = region;
            return;
        }

        blocks.Release(region.Block);
    }

    /// <summary>Gives the reader as much as fits.</summary>
    public int Deliver(Span<byte> into)
    {
        var total = 0;
        while (total < into.Length && _head.Count > 0)
        {
            var count = Math.Min(_head.Count, into.Length - total);
            _head.Block!.Bytes.AsSpan(_head.At, count).CopyTo(into[total..]);
            total += count;
            _head.At += count;
            _head.Count -= count;
            if (_head.Count > 0)
                break;
            blocks.Release(_head.Block!);
            _head = Next();
        }

        receiver.Deliver(total);
        return total;
    }

    // Two ends of the queue are held apart from it: bytes that come one behind the other make the tail longer.
    private Piece Next()
    {
        if (_pieces.TryDequeue(out var next))
            return next;
        next = _tail;
        _tail = default;
        return next;
    }

    private void Take(Block block, int at, long offset, int count)
    {
        var skip = receiver.Advance(offset, count);
        (at, count) = (at + skip, count - skip);
        if (count == 0 || Lengthens(ref _tail, block, at, count)
            || (_tail.Count == 0 && Lengthens(ref _head, block, at, count)))
            return;
        if (_pieces.Count >= Limits.Link.FramesMax && count <= Limits.Link.PackedMax)
        {
            // Many small pieces would cost more to note than to copy.
            (block, at) = Copy(block.Bytes.AsSpan(at, count));
            if (Lengthens(ref _tail, block, at, count))
                return;
        }

        block.Uses++;
        var piece = new Piece { Block = block, At = at, Count = count };
        if (_head.Count == 0)
        {
            _head = piece;
            return;
        }

        if (_tail.Count > 0)
            _pieces.Enqueue(_tail);
        _tail = piece;
    }

    private static bool Lengthens(ref Piece piece, Block block, int at, int count)
    {
        if (piece.Count == 0 || piece.Block != block || piece.At + piece.Count != at)
            return false;
        piece.Count += count;
        return true;
    }

    private (Block Block, int At) Copy(ReadOnlySpan<byte> bytes)
    {
        if (_copies is null || _copies.Bytes.Length - _copies.Filled < bytes.Length)
        {
            if (_copies is not null)
                blocks.Release(_copies);
            _copies = blocks.Take();
        }

        var at = _copies.Filled;
        _copies.Filled += bytes.Length;
        bytes.CopyTo(_copies.Bytes.AsSpan(at));
        return (_copies, at);
    }

    private struct Piece
    {
        public Block? Block;
        public int At;
        public int Count;
    }
}
