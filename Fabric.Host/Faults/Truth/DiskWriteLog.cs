namespace Fabric.Host.Faults.Truth;

/// <summary>
/// When one process had images for writing, put together from looks. A stretch goes from the end of the first look that
/// saw it to the beginning of the last: within it the right was there, whatever the looks took. So what overlaps did.
/// </summary>
internal sealed class DiskWriteLog
{
    private readonly Lock _lock = new();
    private readonly List<DiskWriting> _closed = [];
    private readonly Dictionary<string, DiskWriting> _open = new(StringComparer.Ordinal);

    /// <summary>Looks so far.</summary>
    public int Looks { get; private set; }

    /// <summary>All that is certain; an image that was seen at one look only is not in it.</summary>
    public IReadOnlyList<DiskWriting> Writings
    {
        get
        {
            lock (_lock)
                return [.. _closed.Concat(_open.Values).Where(w => w.From <= w.To)];
        }
    }

    /// <summary>One look.</summary>
    /// <param name="held">The images that were held for writing.</param>
    /// <param name="began">When it began.</param>
    /// <param name="ended">When it ended.</param>
    public void Saw(IReadOnlyList<HeldImage> held, DateTimeOffset began, DateTimeOffset ended)
    {
        lock (_lock)
        {
            Looks++;
            foreach (var gone in _open.Keys.Except(held.Select(h => h.Image), StringComparer.Ordinal).ToList())
            {
                _closed.Add(_open[gone]);
                _open.Remove(gone);
            }

            foreach (var (image, path) in held)
            {
                _open[image] = _open.TryGetValue(image, out var open)
                    ? open with { To = began }
                    : new DiskWriting(image, path, ended, DateTimeOffset.MinValue);
            }
        }
    }
}
