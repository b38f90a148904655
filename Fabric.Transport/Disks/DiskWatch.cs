using Fabric.Protocol;

namespace Fabric.Transport.Disks;

/// <summary>
/// Sees a QEMU that takes nothing while bytes wait for it. A conversation may rest for as long as it likes, and a link that
/// is cut is the link's affair.
/// </summary>
internal sealed class DiskWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action _stalled;
    private readonly ITimer _timer;
    private long _since;

    public DiskWatch(TimeProvider time, Action stalled)
    {
        (_time, _stalled) = (time, stalled);
        var period = TimeSpan.FromMilliseconds(Limits.DiskLink.StallCheckMs);
        _timer = time.CreateTimer(static self => ((DiskWatch)self!).Look(), this, period, period);
    }

    // 0 says that no call is under way; a clock may well begin there.
    public void Begins() => Volatile.Write(ref _since, Math.Max(1, _time.GetTimestamp()));

    public void Ends() => Volatile.Write(ref _since, 0);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (Volatile.Read(ref _since) is not 0 and var since
            && _time.GetElapsedTime(since).TotalMilliseconds >= Limits.DiskLink.StallMs)
            _stalled();
    }
}
