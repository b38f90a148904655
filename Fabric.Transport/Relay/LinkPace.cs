using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Relay;

/// <summary>
/// How far a source may be ahead of its link. The link takes a whole window, rate x round trip of the fastest path, and
/// on a slow one that is seconds: pages that wait there are written again before they have crossed, QEMU thinks the
/// path as fast as memory, and nobody sees that there is time to pack better. So it waits for the peer to have
/// acknowledged all but what the path carries in <see cref="Limits.PageWork.AheadMs"/>.
/// </summary>
internal sealed class LinkPace(TimeProvider time)
{
    private long _since = time.GetTimestamp();
    private long _sent;
    private long _ackedThen;
    private long _ahead = Limits.PageWork.AheadBytesMin;

    /// <summary>Bytes that may be on their way now.</summary>
    public long Ahead => _ahead;

    /// <summary>So many bytes were given to the link.</summary>
    public void Sent(int bytes) => _sent += bytes;

    /// <summary>Waits while the link is too far behind; it ends when the link does.</summary>
    public void Await(IDataLink link)
    {
        Measure(_sent - link.Unacknowledged);
        link.AwaitAcknowledged(_ahead);
    }

    private void Measure(long acked)
    {
        var took = time.GetElapsedTime(_since).TotalMilliseconds;
        if (took < Limits.PageWork.AheadMs)
            return;
        _ahead = Math.Max(
            Limits.PageWork.AheadBytesMin, (long)((acked - _ackedThen) * (Limits.PageWork.AheadMs / took)));
        (_since, _ackedThen) = (time.GetTimestamp(), acked);
    }
}
