using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

/// <summary>A move of each kind.</summary>
internal static class SampleMoves
{
    public static readonly MacAddress Mac = MacAddress.Of("52:54:00:aa:00:01");
    private static readonly HostAddress A = HostAddress.Of("10.1.0.11");
    private static readonly HostAddress B = HostAddress.Of("10.2.0.11");

    /// <summary>Each kind, with and without what is optional.</summary>
    public static IReadOnlyDictionary<string, NetworkMove> Kinds { get; } = new Dictionary<string, NetworkMove>(StringComparer.Ordinal)
    {
        ["none"] = Move(new NetworkSpec { Kind = NetworkKind.None }),
        ["announce"] = Move(Common(NetworkKind.Announce) with { Bridge = "br0" }),
        ["vxlan"] = Move(Common(NetworkKind.Vxlan) with
        {
            Bridge = "brov",
            Vni = 100,
            Mtu = 1450,
            Gateways = [InterfaceAddress.Of("10.99.0.1/24")],
            GatewayMac = MacAddress.Of("00:00:5e:00:01:64"),
        }),
        ["routed"] = Move(Routed(NetworkKind.Routed) with { Relay = false }),
        ["relay"] = Move(Routed(NetworkKind.Routed)),
        ["relay v6"] = Move(Routed(NetworkKind.Routed) with
        {
            Addresses = [HostAddress.Of("fd99::7"), HostAddress.Of("10.99.0.7")],
        }),
        ["tunnel"] = Move(Routed(NetworkKind.Tunnel) with
        {
            Dns = new DnsSpec(HostAddress.Of("192.0.2.53"), "lab.example", "web.lab.example", "fabric", 1),
        }) with
        { NamedAddresses = [HostAddress.Of("10.98.0.7")] },
    };

    private static NetworkSpec Common(NetworkKind kind) => new()
    {
        Kind = kind,
        Mac = Mac,
        Addresses = [HostAddress.Of("10.99.0.7")],
        Tap = "vtap",
    };

    private static NetworkSpec Routed(NetworkKind kind) => Common(kind) with
    {
        Gateways = [InterfaceAddress.Of("169.254.1.1/32")],
        GatewayMac = MacAddress.Of("ee:ee:ee:ee:ee:ee"),
    };

    private static NetworkMove Move(NetworkSpec spec) => new()
    {
        Vm = VmId.Of("v1"),
        Migration = MigrationId.Of("m1"),
        Spec = spec,
        Role = NetworkRole.Target,
        Source = new NetworkEnd(HostId.Of("a"), A),
        Target = new NetworkEnd(HostId.Of("b"), B),
        Tunnel = 7,
        Members = [A, B, HostAddress.Of("10.3.0.11")],
    };
}
