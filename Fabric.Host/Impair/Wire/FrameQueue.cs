using Fabric.Protocol;

namespace Fabric.Host.Impair.Wire;

/// <summary>
/// Frames under way in one direction, oldest first, in one ring of bytes so that nothing is allocated for any of them.
/// For one thread.
/// </summary>
internal sealed class FrameQueue(int bytesMax = Limits.Impair.WireBytesMax, int framesMax = Limits.Impair.WireFramesMax)
{
    // Fresh memory of this size is the kernel's promise only: what was never used takes no room.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytesMax);
    private readonly (TimeSpan Due, int At, int Length)[] _frames = new (TimeSpan, int, int)[framesMax];
    private int _first;
    private int _count;
    private int _end;

    /// <summary>Frames in it.</summary>
    public int Count => _count;

    /// <summary>When the oldest is due; there must be one.</summary>
    public TimeSpan FirstDue => _frames[_first].Due;

    /// <summary>The oldest; there must be one.</summary>
    public ReadOnlySpan<byte> First => _bytes.AsSpan(_frames[_first].At, _frames[_first].Length);

    /// <summary>Room for a frame of that size; empty when there is none. <see cref="Add"/> takes it.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_count == _frames.Length)
            return [];
        if (_count == 0)
            _end = 0;
        var start = _frames[_first].At;
        if (_count == 0 || _end > start)
        {
            if (_bytes.Length - _end >= bytes)
                return _bytes.AsSpan(_end, bytes);
            // Over the edge, unless the oldest frame is there.
            if (_count > 0 && start < bytes)
                return [];
            _end = 0;
            return _bytes.AsSpan(0, bytes);
        }

        return start - _end >= bytes ? _bytes.AsSpan(_end, bytes) : [];
    }

    /// <summary>Adds what was written into the room.</summary>
    public void Add(int length, TimeSpan due)
    {
        _frames[(_first + _count) % _frames.Length] = (due, _end, length);
        _count++;
        _end += length;
    }

    /// <summary>Forgets the oldest.</summary>
    public void Drop()
    {
        _first = (_first + 1) % _frames.Length;
        _count--;
    }
}
