using System.Net;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults.Sites;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>
/// The network of a guest without a fabric, as a careful operator would have it: its TAP and its route are ready on both
/// hosts, and when it moves three routers are told, all at once.
/// </summary>
internal sealed class PlainNetwork : IDisposable
{
    /// <summary>What the guest is behind.</summary>
    public const string Tap = "vplain";

    private const string Gateway = "169.254.1.1";
    private const string GatewayMac = "02:00:00:00:00:01";

    // The core's neighbours, as deploy/lab/up gives them their addresses.
    private static readonly string[] FromCore = ["192.0.2.2", "192.0.2.6"];

    private readonly SitesLab _lab;
    private readonly NetlinkRoute[] _routers;

    public PlainNetwork(SitesLab lab)
    {
        _lab = lab;
        _routers =
        [
            NetlinkRoute.Open(lab.CorePlace),
            .. lab.Sites.Select(s => NetlinkRoute.Open(new NetworkNamespace(s.Gateway.Namespace))),
        ];
    }

    /// <summary>The guest's web server.</summary>
    public static IPEndPoint Server { get; } = new(IPAddress.Parse("10.100.0.8"), 80);

    /// <summary>As the guest's kernel is told of it.</summary>
    public static string Arguments => $" ip={Server.Address}/32 gw={Gateway}";

    /// <summary>As QEMU is told of it.</summary>
    public static NetworkSpec Spec { get; } = new()
    {
        Kind = NetworkKind.Routed,
        Mac = MacAddress.Of("52:54:00:00:00:08"),
        Addresses = [HostAddress.Of(Server.Address.ToString())],
        Tap = Tap,
        Gateways = [InterfaceAddress.Of(Gateway + "/32")],
        GatewayMac = MacAddress.Of(GatewayMac),
    };

    /// <summary>Makes the TAP of a host, and its route to the guest.</summary>
    public static async Task MakeTapAsync(LabHost host, CancellationToken cancellation)
    {
        foreach (var change in new[]
        {
            $"tuntap add dev {Tap} mode tap",
            $"link set {Tap} address {GatewayMac} up",
            $"addr add {Gateway}/32 dev {Tap}",
            $"route add {Server.Address}/32 dev {Tap}",
            $"neigh replace {Server.Address} lladdr {Spec.Mac} dev {Tap} nud permanent",
        })
        {
            await LabTool.RunAsync("ip", ["-n", host.Namespace, .. change.Split(' ')], cancellation);
        }
    }

    /// <summary>All routers lead to the guest on that host.</summary>
    public void LeadTo(LabHost host)
    {
        var site = _lab.Sites.Single(s => s.Hosts.Contains(host));
        var place = _lab.Sites.TakeWhile(s => s != site).Count();
        Lead(_routers[0], FromCore[place]);
        for (var other = 0; other < _lab.Sites.Count; other++)
            Lead(_routers[other + 1], other == place ? host.Address : site.Gateway.Wan!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var router in _routers)
            router.Dispose();
    }

    private static void Lead(NetlinkRoute router, string via) => router.ReplaceRoute(new RouteFacts(
        HostAddress.Of(Server.Address.ToString()), IsV6: false, RouteFacts.Main, Link: 0, HostAddress.Of(via),
        OnLink: false));
}
