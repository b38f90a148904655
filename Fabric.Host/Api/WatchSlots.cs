namespace Fabric.Host.Api;

/// <summary>How many may watch at one time.</summary>
internal sealed class WatchSlots(int max)
{
    private int _taken;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= max)
            return true;
        Interlocked.Decrement(ref _taken);
        return false;
    }

    public void Release() => Interlocked.Decrement(ref _taken);
}
