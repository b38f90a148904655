namespace Fabric.Drivers.Disks;

/// <summary>Numbers of one copy, added to by its pieces and read by whoever shows them.</summary>
internal sealed class CopyCounters
{
    private long _copied;
    private long _zero;

    /// <summary>Bytes sent.</summary>
    public long Copied => Interlocked.Read(ref _copied);

    /// <summary>Bytes that were zeroes.</summary>
    public long Zero => Interlocked.Read(ref _zero);

    /// <summary>A piece has arrived.</summary>
    public void Add(long bytes, bool isZero) => Interlocked.Add(ref isZero ? ref _zero : ref _copied, bytes);
}
