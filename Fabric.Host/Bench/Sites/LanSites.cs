using Fabric.Drivers;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Sites;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// A guest without a disk goes to the other host of its site and back, once with a network that is announced and once with
/// an overlay; a client in that site, its gateway, asks it all the while whether it is there.
/// </summary>
internal sealed class LanSites(
    SitesBenchOptions options, SitesLab lab, FabricOperator fabric, HypervisorFacts facts, SitesBenchLog log,
    TimeProvider time)
{
    /// <summary>The kinds of network of one site.</summary>
    public static IReadOnlyList<NetworkKind> Kinds { get; } = [NetworkKind.Announce, NetworkKind.Vxlan];

    /// <summary>All moves of both kinds.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var host in lab.Sites[0].Hosts)
            MakeBridge(host);
        foreach (var kind in Kinds)
            await RunAsync(kind, cancellation);
    }

    // What the overlay's interface and the guest are to be ports of; one that has none yet counts as down.
    private static void MakeBridge(LabHost host)
    {
        using var kernel = NetlinkRoute.Open(new NetworkNamespace(host.Namespace));
        kernel.CreateBridge(LanGuest.Overlay);
        kernel.CreateVeth("ov0", "ov1");
        foreach (var name in new[] { LanGuest.Overlay, "ov0", "ov1" })
            kernel.SetUp(IndexOf(kernel, name), up: true);
        kernel.SetMaster(IndexOf(kernel, "ov0"), IndexOf(kernel, LanGuest.Overlay));
    }

    private static int IndexOf(NetlinkRoute kernel, string name) =>
        kernel.Link(name)?.Index ?? throw new LabException($"'{name}' was made, and is not there.");

    private async Task RunAsync(NetworkKind kind, CancellationToken cancellation)
    {
        var (spec, address) = LanGuest.Of(kind, options, lab, facts);
        var hosts = lab.Sites[0].Hosts;
        await using var guest = await BenchGuestVm.BootAsync(
            lab, fabric, spec, hosts[0], blocks: 0, options.Lab().Lab.SettleWithin, time, cancellation);
        for (var run = 0; run < options.Runs; run++)
        {
            var (from, to) = (guest.At, guest.At == hosts[0] ? hosts[1] : hosts[0]);
            await using var client = await LanClient.BeginAsync(lab, to, address, spec.Network!.Tap!, time, cancellation);
            var move = await guest.MoveAsync(to, static (_, _) => Task.CompletedTask, cancellation);
            var paused = move.PausedMs
                ?? throw new LabException("The hypervisors did not say when the guest was paused.");
            log.Note(await client.EndAsync(
                SiteWay.Fabric, kind, from, paused, move.RunsSince, () => guest.IsWell, cancellation));
        }

        await guest.StopAsync(cancellation);
        await fabric.RemoveVmAsync(spec.Id, cancellation);
    }
}
