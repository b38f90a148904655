using System.Net;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>What the site's gateway sees of a guest that moves, and what is seen at the TAP that it moves to.</summary>
internal sealed class LanClient : IAsyncDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan UsualFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterFor = TimeSpan.FromSeconds(1);

    private readonly LabHost _to;
    private readonly EchoProbe _probe;
    private readonly TapEcho _tap;
    private readonly TimeProvider _time;

    private LanClient(LabHost to, EchoProbe probe, TapEcho tap, TimeProvider time) =>
        (_to, _probe, _tap, _time) = (to, probe, tap, time);

    /// <summary>Asks the guest, and comes back when it knows what is usual.</summary>
    public static async Task<LanClient> BeginAsync(
        SitesLab lab, LabHost to, IPAddress address, string tap, TimeProvider time, CancellationToken cancellation)
    {
        var probe = EchoProbe.Start(new NetworkNamespace(lab.Sites[0].Gateway.Namespace), address, time);
        try
        {
            await probe.Answered.WaitAsync(AnswersWithin, time, cancellation);
            await Task.Delay(UsualFor, time, cancellation);
            probe.Mark();
            return new LanClient(to, probe, TapEcho.Start(new NetworkNamespace(to.Namespace), tap), time);
        }
        catch
        {
            await probe.DisposeAsync();
            throw;
        }
    }

    /// <summary>A second after the move: what was seen.</summary>
    public async Task<LanMove> EndAsync(
        SiteWay way, NetworkKind kind, LabHost from, double pausedMs, DateTimeOffset runsSince, Func<bool> isWell,
        CancellationToken cancellation)
    {
        await Task.Delay(AfterFor, _time, cancellation);
        var seen = _probe.Report();
        return new LanMove(
            way, FaultNames.WordOf(kind), from.Name, _to.Name, seen.LargestGapMs, seen.UsualGapMs, pausedMs,
            _tap.WakeMs(runsSince), seen.Lost, isWell());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _tap.DisposeAsync();
        await _probe.DisposeAsync();
    }
}
