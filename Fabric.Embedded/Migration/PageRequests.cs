using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>Pages that the target's guest waits for, in the order asked. Each is in it once, so it is bounded.</summary>
internal sealed class PageRequests(int pages)
{
    private readonly Lock _gate = new();
    private readonly Queue<int> _waiting = [];
    private readonly HashSet<int> _known = [];

    /// <summary>Bytes of a bitmap of all pages, in whole words.</summary>
    public int BitmapBytes => (pages + 63) / 64 * sizeof(ulong);

    /// <summary>Adds pages; false when they are not the guest's.</summary>
    public bool TryAdd(ulong start, uint length)
    {
        if (start % Limits.Guest.PageSize != 0 || length is 0 || length % Limits.Guest.PageSize != 0)
            return false;
        var (first, count) = (start / Limits.Guest.PageSize, length / Limits.Guest.PageSize);
        if (first >= (ulong)pages || count > (ulong)pages - first)
            return false;
        lock (_gate)
        {
            for (var page = (int)first; page < (int)(first + count); page++)
            {
                if (_known.Add(page))
                    _waiting.Enqueue(page);
            }
        }

        return true;
    }

    /// <summary>Takes the oldest; null when nobody waits.</summary>
    public int? Take()
    {
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out var page))
                return null;
            _known.Remove(page);
            return page;
        }
    }
}
