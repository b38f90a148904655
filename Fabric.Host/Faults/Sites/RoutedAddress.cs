using System.Net;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>An address of a guest in the lab of two sites: a route of its own, and the relay when it moves.</summary>
internal static class RoutedAddress
{
    private const string Gateway = "169.254.1.1";

    /// <summary>What the guest's kernel is told of it.</summary>
    public static string Append(IPAddress address) => $" ip={address}/32 gw={Gateway}";

    /// <summary>It, in the guest's specification.</summary>
    public static NetworkSpec Of(IPAddress address, string mac, string tap) => new()
    {
        Kind = NetworkKind.Routed,
        Mac = MacAddress.Of(mac),
        Addresses = [HostAddress.Of(address.ToString())],
        Tap = tap,
        Gateways = [InterfaceAddress.Of(Gateway + "/32")],
        GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
    };
}
