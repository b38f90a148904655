using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// The source's share of a switchover, by this host's clock: stretches, not times, for no other host's clock is like it.
/// One for each attempt. What was not seen begin has no length.
/// </summary>
internal sealed class SwitchoverClock(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long? _paused;
    private long? _disksDone;
    private bool _hadDisks;
    private HandOffTimes? _times;

    /// <summary>The guest stands still. Only the first time counts.</summary>
    public void Paused()
    {
        lock (_gate)
            _paused ??= time.GetTimestamp();
    }

    /// <summary>Nothing of its disks is left to copy, or nothing ever was.</summary>
    /// <param name="hadDisks">Something was copied.</param>
    public void DisksDone(bool hadDisks)
    {
        lock (_gate)
        {
            _disksDone ??= time.GetTimestamp();
            _hadDisks = hadDisks;
        }
    }

    /// <summary>The hypervisor says that all is sent. What is said first stays.</summary>
    public HandOffTimes? HandedOff()
    {
        lock (_gate)
        {
            if (_times is null && _disksDone is { } done)
            {
                _times = new HandOffTimes(time.GetElapsedTime(done).TotalMilliseconds)
                {
                    DisksMs = _hadDisks && _paused is { } paused
                        ? time.GetElapsedTime(paused, done).TotalMilliseconds
                        : null,
                };
            }

            return _times;
        }
    }
}
