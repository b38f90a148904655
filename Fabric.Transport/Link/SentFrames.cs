using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>
/// The bytes of the frames that a channel keeps until they are acknowledged, each with room for its head before it.
/// Under the link's lock.
/// </summary>
internal sealed class SentFrames(ChannelSender sender, Blocks blocks)
{
    private readonly Cell[] _cells = new Cell[Limits.Link.FramesMax];
    private long _first;

    /// <summary>Keeps the payload as the next frame: a large one with its memory, a small one as a copy.</summary>
    public void Add(LinkBuffer buffer, int length)
    {
        ref var cell = ref _cells[sender.Add(length) % _cells.Length];
        if (length > Limits.Link.PackedMax)
        {
            var other = blocks.Take();
            cell = new Cell { Block = buffer.Exchange(other) };
            cell.Block.Uses = other.Uses;
            return;
        }

        var (block, at) = blocks.TakePart(Limits.Relay.HeaderSize + length);
        buffer.Payload[..length].CopyTo(block.Bytes.AsSpan(at + Limits.Relay.HeaderSize));
        cell = new Cell { Block = block, At = at };
    }

    /// <summary>Keeps the end as the next frame.</summary>
    public void AddEnd() => _cells[sender.AddEnd() % _cells.Length] = default;

    /// <summary>
    /// Writes the head before the bytes of a frame that goes out now; where it lies in the block, which is in
    /// use until <see cref="Blocks.Release"/>. Of a frame that is sent again from its middle, the head takes the place
    /// of bytes that the peer has.
    /// </summary>
    public Range Open(int channel, OutFrame frame, out Block block)
    {
        ref var cell = ref _cells[frame.Number % _cells.Length];
        block = cell.Block!;
        block.Uses++;
        var at = cell.At + frame.Skip;
        new FrameHeader(FrameType.Data, channel, frame.Again, frame.Length, frame.Offset + frame.Skip)
            .Write(block.Bytes.AsSpan(at));
        return at..(at + Limits.Relay.HeaderSize + frame.Length);
    }

    /// <summary>Lets go what the peer has.</summary>
    public void Trim()
    {
        for (; _first < sender.FirstKept; _first++)
        {
            ref var cell = ref _cells[_first % _cells.Length];
            if (cell.Block is { } block)
                blocks.Release(block);
            cell = default;
        }
    }

    private struct Cell
    {
        public Block? Block;
        public int At;
    }
}
