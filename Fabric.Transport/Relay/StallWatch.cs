using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Relay;

/// <summary>
/// Sees writes that do not end. Only writes: a stream may rest for as long as the migration likes (a source in
/// pre-switchover sends nothing), but bytes that wait to be taken must be taken. While the link has no connection, and
/// while its peer acknowledges, a write to it takes as long as it takes: how long a cut may last is the link's to say.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly IDataLink _link;
    private readonly Action<string> _stalled;
    private readonly ITimer _timer;
    private long _toLinkSince;
    private long _toQemuSince;

    public StallWatch(TimeProvider time, IDataLink link, Action<string> stalled)
    {
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

    public void Dispose() => _timer.Dispose();

    // 0 says that no write is under way; a clock may well begin there.
    private long Now() => Math.Max(1, _time.GetTimestamp());

    private void Look()
    {
        if (IsOld(Volatile.Read(ref _toQemuSince)))
            _stalled($"QEMU took no bytes for {Limits.Relay.StallMs} ms");
        else if (IsOld(Volatile.Read(ref _toLinkSince)) && _link.DownFor is null
            && _link.StillFor.TotalMilliseconds >= Limits.Relay.StallMs)
            _stalled($"the data link took no bytes for {Limits.Relay.StallMs} ms");
    }

    private bool IsOld(long since) =>
        since != 0 && _time.GetElapsedTime(since).TotalMilliseconds >= Limits.Relay.StallMs;
}
