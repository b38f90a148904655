namespace Fabric.Protocol;

/// <summary>
/// Who may write which stretch of a target's disk, in the order of asking: a stretch is held until it is let go, and who
/// asks for one that overlaps it, or that somebody before them waits for, waits. Nobody asks for a second stretch while
/// holding one, so nobody waits for ever; who came first goes first, so nobody is passed over.
/// <para>
/// Who copies a stretch begins a look at it before it is read, and asks with that look. A write of the guest that was asked
/// for in between makes the look stale: what was read may be older than what has been written, and is read again. One that is
/// asked for later comes later. So nobody need hold a stretch while reading, and the guest's writes do not wait for the
/// source's disk.
/// </para>
/// </summary>
public sealed class DiskRanges
{
    private readonly LinkedList<Claim> _claims = [];
    private readonly HashSet<Look> _looks = [];

    /// <summary>Held or waited for.</summary>
    public int Count => _claims.Count;

    /// <summary>Begins a look at a stretch, until it is asked with, or <see cref="End"/>.</summary>
    public Look Begin(long offset, long length)
    {
        var look = new Look(offset, length);
        _looks.Add(look);
        return look;
    }

    /// <summary>Ends a look.</summary>
    public void End(Look look) => _looks.Remove(look);

    /// <summary>For a write of the guest; it may be held already when this returns (<see cref="Claim.IsHeld"/>).</summary>
    public Claim Ask(long offset, long length)
    {
        foreach (var look in _looks)
            look.IsStale |= look.Offset < offset + length && offset < look.Offset + look.Length;
        return Add(offset, length);
    }

    /// <summary>For what was read since a look began; null when that is stale.</summary>
    public Claim? Ask(Look look)
    {
        _looks.Remove(look);
        return look.IsStale ? null : Add(look.Offset, look.Length);
    }

    private Claim Add(long offset, long length)
    {
        var claim = new Claim(offset, offset + length) { IsHeld = !_claims.Any(c => c.Overlaps(offset, offset + length)) };
        _claims.AddLast(claim);
        return claim;
    }

    /// <summary>Lets go of a stretch, or gives up waiting for it.</summary>
    /// <returns>Those who hold theirs now and did not before.</returns>
    public IReadOnlyList<Claim> Release(Claim claim)
    {
        if (!_claims.Remove(claim))
            return [];
        List<Claim>? held = null;
        for (var node = _claims.First; node is not null; node = node.Next)
        {
            if (node.Value.IsHeld || !node.Value.Overlaps(claim.From, claim.To) || IsBehindAnother(node))
                continue;
            node.Value.IsHeld = true;
            (held ??= []).Add(node.Value);
        }

        return held ?? (IReadOnlyList<Claim>)[];
    }

    private static bool IsBehindAnother(LinkedListNode<Claim> node)
    {
        for (var before = node.Previous; before is not null; before = before.Previous)
        {
            if (before.Value.Overlaps(node.Value.From, node.Value.To))
                return true;
        }

        return false;
    }

    /// <summary>A stretch that is being read.</summary>
    public sealed class Look(long offset, long length)
    {
        /// <summary>Its first byte.</summary>
        public long Offset => offset;

        /// <summary>How long it is.</summary>
        public long Length => length;

        /// <summary>The guest has written into it since it began.</summary>
        public bool IsStale { get; internal set; }
    }

    /// <summary>A stretch that somebody asked for.</summary>
    public sealed class Claim(long from, long to)
    {
        /// <summary>Its first byte.</summary>
        public long From => from;

        /// <summary>The byte behind it.</summary>
        public long To => to;

        /// <summary>It is theirs.</summary>
        public bool IsHeld { get; internal set; }

        internal bool Overlaps(long otherFrom, long otherTo) => from < otherTo && otherFrom < to;
    }
}
