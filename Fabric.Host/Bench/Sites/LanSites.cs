using System.Net;
using Fabric.Drivers;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Host.Configuration;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
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
    private const long MemoryBytes = 128L << 20;
    private const string Overlay = "brov";
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan UsualFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterFor = TimeSpan.FromSeconds(1);

    /// <summary>The kinds of network of one site.</summary>
    public static IReadOnlyList<NetworkKind> Kinds { get; } = [NetworkKind.Announce, NetworkKind.Vxlan];

    private static LabSite SiteOf(SitesLab lab) => lab.Sites[0];

    /// <summary>All moves of both kinds.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var host in SiteOf(lab).Hosts)
            MakeBridge(host);
        foreach (var kind in Kinds)
            await RunAsync(kind, cancellation);
    }

    // What the overlay's interface and the guest are to be ports of; one that has none yet counts as down.
    private static void MakeBridge(LabHost host)
    {
        using var kernel = NetlinkRoute.Open(new NetworkNamespace(host.Namespace));
        kernel.CreateBridge(Overlay);
        kernel.CreateVeth("ov0", "ov1");
        foreach (var name in new[] { Overlay, "ov0", "ov1" })
            kernel.SetUp(IndexOf(kernel, name), up: true);
        kernel.SetMaster(IndexOf(kernel, "ov0"), IndexOf(kernel, Overlay));
    }

    private static int IndexOf(NetlinkRoute kernel, string name) =>
        kernel.Link(name)?.Index ?? throw new LabException($"'{name}' was made, and is not there.");

    private async Task RunAsync(NetworkKind kind, CancellationToken cancellation)
    {
        var (spec, address) = SpecOf(kind);
        var hosts = SiteOf(lab).Hosts;
        await using var guest = await BenchGuestVm.BootAsync(
            lab, fabric, spec, hosts[0], blocks: 0, options.Lab().Lab.SettleWithin, time, cancellation);
        for (var run = 0; run < options.Runs; run++)
        {
            var (from, to) = (guest.At, guest.At == hosts[0] ? hosts[1] : hosts[0]);
            await using var probe = EchoProbe.Start(new NetworkNamespace(SiteOf(lab).Gateway.Namespace), address, time);
            await probe.Answered.WaitAsync(AnswersWithin, time, cancellation);
            await Task.Delay(UsualFor, time, cancellation);
            probe.Mark();
            await using var tap = TapEcho.Start(new NetworkNamespace(to.Namespace), spec.Network!.Tap!);
            var move = await guest.MoveAsync(to, static (_, _) => Task.CompletedTask, cancellation);
            await Task.Delay(AfterFor, time, cancellation);
            var seen = probe.Report();
            log.Note(new LanMove(
                FaultNames.WordOf(kind), from.Name, to.Name, seen.LargestGapMs, seen.UsualGapMs,
                move.PausedMs ?? throw new LabException("The hypervisors did not say when the guest was paused."),
                tap.WakeMs(move.RunsSince), seen.Lost, guest.IsWell));
        }

        await guest.StopAsync(cancellation);
        await fabric.RemoveVmAsync(spec.Id, cancellation);
    }

    private (VmSpec Spec, IPAddress Address) SpecOf(NetworkKind kind)
    {
        var gateway = kind == NetworkKind.Announce ? SiteOf(lab).Gateway.Address! : "10.100.1.1";
        var address = gateway[..(gateway.LastIndexOf('.') + 1)] + "7";
        var word = FaultNames.WordOf(kind);
        var lan = options.Lab().Lab with { MemoryBytes = MemoryBytes, Hypervisor = HypervisorKind.Qemu };
        var spec = LabMachines.Spec(
            $"lan-{word}", lan with { Dirtier = $"{lan.Dirtier} ip={address}/24 gw={gateway}" }, facts);
        var network = new NetworkSpec
        {
            Kind = kind,
            Mac = MacAddress.Of("52:54:00:00:00:09"),
            Addresses = [HostAddress.Of(address)],
            Tap = "vlan0",
            Bridge = "br0",
            Gateways = [InterfaceAddress.Of(gateway + "/24")],
        };
        return (
            spec with
            {
                Network = kind == NetworkKind.Announce
                    ? network
                    : network with
                    {
                        Bridge = Overlay,
                        Vni = 100,
                        Mtu = 1450,
                        GatewayMac = MacAddress.Of("00:00:5e:00:01:64"),
                    },
            },
            IPAddress.Parse(address));
    }
}
