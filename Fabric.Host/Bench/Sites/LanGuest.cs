using System.Net;
using Fabric.Drivers;
using Fabric.Drivers.Network;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Sites;

/// <summary>The guest that moves within the first site: no disk, an address of that site or of an overlay.</summary>
internal static class LanGuest
{
    /// <summary>The bridge of the overlay, on each host.</summary>
    public const string Overlay = "brov";

    /// <summary>The bridge of the site's own Ethernet, on each host.</summary>
    public const string Bridge = "br0";

    private const long MemoryBytes = 128L << 20;

    /// <summary>Its specification, and its address.</summary>
    public static (VmSpec Spec, IPAddress Address) Of(
        NetworkKind kind, SitesBenchOptions options, SitesLab lab, HypervisorFacts facts)
    {
        var gateway = kind == NetworkKind.Announce ? lab.Sites[0].Gateway.Address! : "10.100.1.1";
        var address = gateway[..(gateway.LastIndexOf('.') + 1)] + "7";
        var made = options.Lab().Lab with { MemoryBytes = MemoryBytes, Hypervisor = HypervisorKind.Qemu };
        var spec = LabMachines.Spec(
            $"lan-{FaultNames.WordOf(kind)}",
            made with { Dirtier = $"{made.Dirtier} ip={address}/24 gw={gateway}" }, facts);
        var network = new NetworkSpec
        {
            Kind = kind,
            Mac = MacAddress.Of("52:54:00:00:00:09"),
            Addresses = [HostAddress.Of(address)],
            Tap = "vlan0",
            Bridge = Bridge,
            Gateways = [InterfaceAddress.Of(gateway + "/24")],
        };
        if (kind == NetworkKind.Vxlan)
        {
            network = network with
            {
                Bridge = Overlay,
                Vni = 100,
                Mtu = 1450,
                GatewayMac = MacAddress.Of("00:00:5e:00:01:64"),
            };
        }

        return (spec with { Network = network }, IPAddress.Parse(address));
    }
}
