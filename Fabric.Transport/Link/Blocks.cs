using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>
/// The blocks of one link: not shared with others, so that no defect can put one guest's bytes into another's stream.
/// The last one given back is the next one lent, for it is still in the processor's cache. Under the link's lock.
/// </summary>
internal sealed class Blocks
{
    private readonly Stack<Block> _free = new(Limits.Link.FramesMax);
    private Block? _shared;

    /// <summary>Blocks that exist and are not free.</summary>
    public int Lent { get; private set; }

    /// <summary>A whole block, for one frame. Used once.</summary>
    public Block Take()
    {
        // Both directions of every channel together stay below this: their windows are.
        if (Lent >= 2 * Limits.Link.BlocksMax)
            throw new InvalidOperationException($"{Lent} blocks of one link are in use: more than its windows hold");
        Lent++;
        var block = _free.TryPop(out var kept) ? kept : new Block();
        (block.Uses, block.Filled) = (1, 0);
        return block;
    }

    /// <summary>Room for a small frame in a block that it shares. Used once by it.</summary>
    public (Block Block, int At) TakePart(int length)
    {
        if (_shared is null || _shared.Bytes.Length - _shared.Filled < length)
        {
            if (_shared is not null)
                Release(_shared);
            _shared = Take();
        }

        var at = _shared.Filled;
        _shared.Filled += length;
        _shared.Uses++;
        return (_shared, at);
    }

    public void Release(Block block)
    {
        if (--block.Uses > 0)
            return;
        Lent--;
        _free.Push(block);
    }
}
