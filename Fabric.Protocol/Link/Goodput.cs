namespace Fabric.Protocol;

/// <summary>
/// Bytes a second over the last <see cref="Limits.Link.GoodputLooks"/> looks at a counter that only rises. Times are
/// milliseconds of any steady clock.
/// </summary>
public sealed class Goodput
{
    private readonly (long At, long Bytes)[] _looks = new (long, long)[Limits.Link.GoodputLooks + 1];
    private int _count;

    /// <summary>Bytes a second; 0 before two looks at different times.</summary>
    public long BytesPerSecond
    {
        get
        {
            if (_count < 2)
                return 0;
            var first = _looks[_count <= _looks.Length ? 0 : _count % _looks.Length];
            var last = _looks[(_count - 1) % _looks.Length];
            return last.At > first.At ? (long)((last.Bytes - first.Bytes) * 1000.0 / (last.At - first.At)) : 0;
        }
    }

    /// <summary>The counter now.</summary>
    public void Look(long now, long bytes)
    {
        _looks[_count % _looks.Length] = (now, bytes);
        // Kept small, and at the same place of the ring.
        _count = _count == 2 * _looks.Length ? _looks.Length + 1 : _count + 1;
    }
}
