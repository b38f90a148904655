namespace Fabric.Protocol.Tests.Network;

public sealed class NetworkSpecTests
{
    private static readonly NetworkSpec Announce = new()
    {
        Kind = NetworkKind.Announce,
        Mac = MacAddress.Of("52:54:00:aa:00:01"),
        Addresses = [HostAddress.Of("10.9.0.7")],
        Tap = "vtap",
        Bridge = "br0",
    };

    private static readonly NetworkSpec Routed = Announce with
    {
        Kind = NetworkKind.Routed,
        Bridge = null,
        GatewayMac = MacAddress.Of("ee:ee:ee:ee:ee:ee"),
    };

    private static readonly NetworkSpec Vxlan = Announce with { Kind = NetworkKind.Vxlan, Vni = 100, Mtu = 1450 };

    private static readonly NetworkSpec Tunnel = Routed with { Kind = NetworkKind.Tunnel, Dns = Dns };

    private static DnsSpec Dns => new(HostAddress.Of("192.0.2.53"), "lab.example", "web.lab.example", "fabric", 1);

    [Fact]
    public void Good_specifications_have_no_faults()
    {
        foreach (var spec in new[] { Announce, Routed, Vxlan, Tunnel, new NetworkSpec { Kind = NetworkKind.None } })
            spec.Faults().ShouldBeEmpty(spec.Kind.ToString());
    }

    [Fact]
    public void Each_fault_is_named()
    {
        Fault(Announce with { Mac = null }).ShouldContain("MAC address is missing");
        Fault(Announce with { Mac = new MacAddress(0x01005e000001) }).ShouldContain("not the MAC address of one machine");
        Fault(Announce with { Tap = "sixteencharacter" }).ShouldContain("TAP 'sixteencharacter'");
        Fault(Announce with { Tap = "-tap" }).ShouldContain("TAP '-tap'");
        Fault(Announce with { Tap = "tap%d" }).ShouldContain("TAP 'tap%d'");
        Fault(Announce with { Bridge = null }).ShouldContain("bridge is missing");
        Fault(Announce with { Bridge = "br/0" }).ShouldContain("bridge 'br/0'");
        Fault(Announce with { Bridge = "vtap" }).ShouldContain("one name");
        Fault(Announce with { Vni = 5 }).ShouldContain("no overlay");
        Fault(Announce with { Mtu = 67 }).ShouldContain("MTU of 67");
        Fault(Announce with { Mtu = 9_217 }).ShouldContain("MTU of 9217");
        Fault(Announce with { Mtu = 1_279, Addresses = [HostAddress.Of("fd99::7")] }).ShouldContain("1280");
        Fault(Announce with { Dns = Dns }).ShouldContain("changes no DNS");
        Fault(Announce with { Kind = (NetworkKind)9, Bridge = null, GatewayMac = Routed.GatewayMac }).ShouldContain("not a kind");
        Fault(Announce with { Addresses = [.. Announce.Addresses, .. Announce.Addresses] }).ShouldContain("twice");
        Fault(Announce with { Gateways = [InterfaceAddress.Of("10.9.0.7/24")] }).ShouldContain("both");
        Fault(Announce with { Gateways = [InterfaceAddress.Of("fe80::1/64")] }).ShouldContain("another family");
        Fault(Vxlan with { Vni = null }).ShouldContain("overlay's number");
        Fault(Vxlan with { Vni = 1 << 24 }).ShouldContain("16777216");
        Fault(Vxlan with { Gateways = [InterfaceAddress.Of("10.9.0.1/24")] }).ShouldContain("one MAC address");
        Fault(Routed with { Addresses = [] }).ShouldContain("needs the VM's addresses");
        Fault(Routed with { Bridge = "br0" }).ShouldContain("has no bridge");
        Fault(Routed with { GatewayMac = null }).ShouldContain("gateway's MAC");
        Fault(Routed with { GatewayMac = Routed.Mac }).ShouldContain("not the VM's");
        Fault(Tunnel with { Dns = Dns with { Name = "web.other.example" } }).ShouldContain("not in the zone");
        Fault(Tunnel with { Dns = Dns with { Key = "fab ric" } }).ShouldContain("key");
        Fault(Tunnel with { Dns = Dns with { TtlSeconds = -1 } }).ShouldContain("-1 s");
        Fault(Tunnel with { Dns = Dns with { Port = 0 } }).ShouldContain("port 0");
        Fault(new NetworkSpec { Kind = NetworkKind.None, Tap = "vtap" }).ShouldContain("nothing else");
    }

    [Fact]
    public void Two_specifications_are_the_same_address_for_address()
    {
        Announce.SameAs(Announce with { Addresses = [HostAddress.Of("10.9.0.7")] }).ShouldBeTrue();
        Announce.SameAs(Announce with { Addresses = [] }).ShouldBeFalse();
        Announce.SameAs(Announce with { Mtu = 1400 }).ShouldBeFalse();
    }

    [Fact]
    public void Each_fault_of_a_move_is_named()
    {
        var move = new NetworkMove
        {
            Vm = VmId.Of("v1"),
            Migration = MigrationId.Of("m1"),
            Spec = Routed,
            Role = NetworkRole.Target,
            Source = new NetworkEnd(HostId.Of("a"), HostAddress.Of("10.1.0.11")),
            Target = new NetworkEnd(HostId.Of("b"), HostAddress.Of("10.2.0.11")),
            Tunnel = 7,
        };
        move.Faults().ShouldBeEmpty();
        Fault(move with { Tunnel = null }).ShouldContain("tunnel's number");
        Fault(move with { Tunnel = 1 << 24 }).ShouldContain("tunnel's number");
        Fault(move with { Target = null }).ShouldContain("needs to know the target");
        Fault(move with { Target = move.Source }).ShouldContain("one host");
        Fault(move with { Target = new NetworkEnd(HostId.Of("b"), HostAddress.Of("fd02::11")) }).ShouldContain("two families");
        Fault(move with { Role = NetworkRole.Vtep }).ShouldContain("no overlay");
        Fault(move with { Role = NetworkRole.Anchor }).ShouldContain("no anchor");
        Fault(move with { Role = NetworkRole.Router, TargetVia = HostAddress.Of("fd02::1") }).ShouldContain("another family");
        (move with { Source = null, Tunnel = null }).Faults().ShouldBeEmpty("a start needs no tunnel");
        (move with { Role = NetworkRole.Source, Target = null, Tunnel = null }).Faults().ShouldBeEmpty("nor does a stop");
    }

    [Theory]
    [InlineData("52:54:00:AA:00:01", "52:54:00:aa:00:01")]
    [InlineData("52:54:00:aa:00:01", "52:54:00:aa:00:01")]
    public void Mac_address_is_read_and_written(string text, string shown) => MacAddress.Of(text).Value.ShouldBe(shown);

    [Theory]
    [InlineData("")]
    [InlineData("52:54:00:aa:00")]
    [InlineData("52-54-00-aa-00-01")]
    [InlineData("52:54:00:aa:00:0g")]
    [InlineData("52:54:00:aa:00:+1")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("01:00:5e:00:00:01")]
    [InlineData("00:00:00:00:00:00")]
    public void What_is_not_one_machine_s_mac_address_is_refused(string text) =>
        Should.Throw<FormatException>(() => MacAddress.Of(text));

    [Theory]
    [InlineData("10.0.0.7", "10.0.0.7")]
    [InlineData("2001:DB8:0:0::7", "2001:db8::7")]
    public void Address_is_read_and_written_in_one_form(string text, string shown) => HostAddress.Of(text).Value.ShouldBe(shown);

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("10.1")]
    [InlineData("010.0.0.256")]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("ff02::1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::ffff:10.0.0.7")]
    [InlineData("web.lab.example")]
    public void What_is_not_one_machine_s_address_is_refused(string text) =>
        Should.Throw<FormatException>(() => HostAddress.Of(text));

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("10.0.0.7/0")]
    [InlineData("10.0.0.7/33")]
    [InlineData("10.0.0.7/-1")]
    [InlineData("fd00::1/129")]
    [InlineData("10.0.0.7/24/24")]
    public void Address_with_a_length_that_it_cannot_have_is_refused(string text) =>
        Should.Throw<FormatException>(() => InterfaceAddress.Of(text));

    private static string Fault(NetworkSpec spec) => spec.Faults().ShouldHaveSingleItem();

    private static string Fault(NetworkMove move) => move.Faults().ShouldHaveSingleItem();
}
