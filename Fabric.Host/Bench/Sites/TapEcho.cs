using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// Listens at the TAP of a guest that is to come: when the first ping lies there, and when the first answer leaves. What is
/// between is the guest's own time, not the network's.
/// </summary>
internal sealed class TapEcho : IAsyncDisposable
{
    private const int EthernetHead = 14;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    private readonly NetworkNamespace _place;
    private readonly string _tap;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _hearing;
    private long _asked;
    private long _answered;

    private TapEcho(NetworkNamespace place, string tap)
    {
        (_place, _tap) = (place, tap);
        _hearing = Task.Factory.StartNew(
            Hear, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Begins; the TAP need not be there yet.</summary>
    public static TapEcho Start(NetworkNamespace place, string tap) => new(place, tap);

    /// <summary>From when the guest runs and a ping lies before it, until its answer leaves; 0 when none was heard.</summary>
    public double WakeMs(DateTimeOffset runs) =>
        WakeMs(runs, Moment(Volatile.Read(ref _asked)), Moment(Volatile.Read(ref _answered)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _hearing;
        _stop.Dispose();
    }

    /// <summary>The same of known moments.</summary>
    internal static double WakeMs(DateTimeOffset runs, DateTimeOffset? asked, DateTimeOffset? answered)
    {
        if (asked is not { } ping || answered is not { } answer)
            return 0;
        return Math.Max(0, (answer - (ping > runs ? ping : runs)).TotalMilliseconds);
    }

    private static DateTimeOffset? Moment(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    private void Hear()
    {
        using var ear = Open();
        var frame = new byte[64];
        while (ear is not null && !_stop.IsCancellationRequested && Volatile.Read(ref _answered) == 0)
        {
            try
            {
                if (ear.Hear(frame) is { } heard)
                    Take(frame.AsSpan(0, heard.Length), heard.At.Ticks);
            }
            catch (NetlinkException)
            {
                // The TAP is gone.
                return;
            }
        }
    }

    private FrameEar? Open()
    {
        using var kernel = NetlinkRoute.Open(_place);
        while (!_stop.IsCancellationRequested)
        {
            if (kernel.Link(_tap) is not null)
                return FrameEar.Open(_place, _tap);
            _stop.Token.WaitHandle.WaitOne(LookEvery);
        }

        return null;
    }

    // Ethernet, IP version 4 without options, ICMP: 8 asks, 0 answers.
    private void Take(ReadOnlySpan<byte> frame, long at)
    {
        if (frame.Length <= EthernetHead + 20 || frame[12] != 8 || frame[13] != 0 || frame[EthernetHead + 9] != 1)
            return;
        var kind = frame[EthernetHead + 20];
        if (kind == 8 && _asked == 0)
            Volatile.Write(ref _asked, at);
        else if (kind == 0)
            Volatile.Write(ref _answered, at);
    }
}
