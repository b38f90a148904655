using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Relay;

/// <summary>
/// Sees writes that do not end. Only writes: a stream may rest for as long as the migration likes (a source in
/// pre-switchover sends nothing), but bytes that wait to be taken must be taken. While the link has no connection, and
/// while its peer acknowledges, a write to it takes as long as it takes: how long a cut may last is the link's to say.
/// A QEMU that is gone has a time of its own in which another is to take its place; the source waits longer than that.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly IDataLink _link;
    private readonly Action<string> _stalled;
    private readonly Action<string> _vacant;
    private readonly ITimer _timer;
    private long _toLinkSince;
    private long _toQemuSince;
    private long _vacantSince;

    public StallWatch(TimeProvider time, IDataLink link, Action<string> stalled, Action<string> vacant)
    {
        _vacant = vacant;
        _time = time;
        _link = link;
        _stalled = stalled;
        var period = TimeSpan.FromMilliseconds(Limits.Relay.StallCheckMs);
        _timer = time.CreateTimer(static self => ((StallWatch)self!).Look(), this, period, period);
    }

    public void ToLinkBegins() => Volatile.Write(ref _toLinkSince, Now());

    public void ToLinkEnds() => Volatile.Write(ref _toLinkSince, 0);

    public void ToQemuBegins() => Volatile.Write(ref _toQemuSince, Now());

    public void ToQemuEnds() => Volatile.Write(ref _toQemuSince, 0);

    /// <summary>Both loops may say so; the first counts.</summary>
    public void VacancyBegins() => Interlocked.CompareExchange(ref _vacantSince, Now(), 0);

    public void VacancyEnds() => Volatile.Write(ref _vacantSince, 0);

    public void Dispose() => _timer.Dispose();

    // 0 says that no write is under way; a clock may well begin there.
    private long Now() => Math.Max(1, _time.GetTimestamp());

    private void Look()
    {
        if (IsOld(ref _toQemuSince, Limits.Relay.StallMs))
            _stalled($"QEMU took no bytes for {Limits.Relay.StallMs} ms");
        else if (IsOld(ref _vacantSince, Limits.Relay.RefillWithinMs))
            _vacant($"QEMU is gone, and none took its place within {Limits.Relay.RefillWithinMs} ms");
        else if (IsOld(ref _toLinkSince, Limits.Relay.LinkStallMs) && _link.DownFor is null
            && _link.StillFor.TotalMilliseconds >= Limits.Relay.LinkStallMs)
            _stalled($"the data link took no bytes for {Limits.Relay.LinkStallMs} ms");
    }

    private bool IsOld(ref long since, int limit) =>
        Volatile.Read(ref since) is not 0 and var began && _time.GetElapsedTime(began).TotalMilliseconds >= limit;
}
