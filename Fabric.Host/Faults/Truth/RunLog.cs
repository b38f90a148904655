namespace Fabric.Host.Faults.Truth;

/// <summary>
/// When one process executed its guest, put together from what its hypervisor announces (exact times) and from what it
/// answers when asked (which catches what was not announced). Both reach us late and out of step with each other.
/// </summary>
internal sealed class RunLog
{
    private readonly Lock _lock = new();
    private readonly List<RunInterval> _closed = [];
    private RunInterval? _open;

    /// <summary>All intervals so far, in order.</summary>
    public IReadOnlyList<RunInterval> Intervals
    {
        get
        {
            lock (_lock)
                return _open is { } open ? [.. _closed, open] : [.. _closed];
        }
    }

    /// <summary>Announced: it runs from here.</summary>
    public void Resumed(DateTimeOffset at)
    {
        lock (_lock)
        {
            if (_open is null)
                _open = new RunInterval(at, null);
            else if (_open.Sampled && at < _open.From)
                _open = new RunInterval(at, null);
            else if (_open.Sampled)
                _open = _open with { Sampled = false };
        }
    }

    /// <summary>Announced, or known because the process is gone: it ran up to here.</summary>
    public void Stopped(DateTimeOffset at)
    {
        lock (_lock)
        {
            if (_open is not { } open)
                return;
            _closed.Add(open with { To = at < open.From ? open.From : at });
            _open = null;
        }
    }

    /// <summary>Asked at that time, it answered that it runs.</summary>
    public void SeenRunning(DateTimeOffset askedAt)
    {
        lock (_lock)
        {
            // An answer from before the last stop says nothing new.
            if (_open is null && (_closed.Count == 0 || askedAt > _closed[^1].To))
                _open = new RunInterval(askedAt, null, Sampled: true);
        }
    }
}
