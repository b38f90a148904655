using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network.Netlink;

/// <summary>
/// Each request byte by byte, as the kernel's headers lay it out: length 4, type 2, flags 2, number 4, port 4; the
/// fixed
/// part; attributes of length 2, type 2 and value, padded to 4. Little endian, as every machine that this is tested on.
/// </summary>
public sealed class GoldenBytesTests
{
    private static readonly MacAddress Mac = MacAddress.Of("52:54:00:aa:00:01");
    private static readonly HostAddress Vm = HostAddress.Of("10.99.0.7");
    private static readonly HostAddress Local = HostAddress.Of("10.1.0.11");
    private static readonly HostAddress Remote = HostAddress.Of("10.2.0.11");
    private static readonly HostAddress Hop = HostAddress.Of("169.254.77.1");
    private static readonly HostAddress Vm6 = HostAddress.Of("fd99::7");
    private static readonly RouteFacts ToTap = new(Vm, IsV6: false, RouteFacts.Main, 5, Via: null, OnLink: false);

    private static readonly Dictionary<string, (RequestWriter Write, string Bytes)> Messages = new(StringComparer.Ordinal)
    {
        ["link by name"] = ((b, s) => LinkMessages.Get(b, s, "br0"),
            "28000000 1200 0500 07000000 00000000  00000000 00000000 00000000 00000000  0800 0300 62723000"),
        ["link by number"] = ((b, s) => LinkMessages.Get(b, s, 5),
            "20000000 1200 0500 07000000 00000000  00000000 05000000 00000000 00000000"),
        ["all links"] = (LinkMessages.Dump,
            "20000000 1200 0503 07000000 00000000  00000000 00000000 00000000 00000000"),
        ["delete link"] = ((b, s) => LinkMessages.Delete(b, s, 5),
            "20000000 1100 0500 07000000 00000000  00000000 05000000 00000000 00000000"),
        ["set up"] = ((b, s) => LinkMessages.SetUp(b, s, 5, up: true),
            "20000000 1000 0500 07000000 00000000  00000000 05000000 01000000 01000000"),
        ["set down"] = ((b, s) => LinkMessages.SetUp(b, s, 5, up: false),
            "20000000 1000 0500 07000000 00000000  00000000 05000000 00000000 01000000"),
        ["master"] = ((b, s) => LinkMessages.SetMaster(b, s, 5, 9),
            "28000000 1000 0500 07000000 00000000  00000000 05000000 00000000 00000000  0800 0a00 09000000"),
        ["mtu"] = ((b, s) => LinkMessages.SetMtu(b, s, 5, 1450),
            "28000000 1000 0500 07000000 00000000  00000000 05000000 00000000 00000000  0800 0400 aa050000"),
        ["queue"] = ((b, s) => LinkMessages.SetQueue(b, s, 5, 8192),
            "28000000 1000 0500 07000000 00000000  00000000 05000000 00000000 00000000  0800 0d00 00200000"),
        ["mac"] = ((b, s) => LinkMessages.SetMac(b, s, 5, Mac),
            "2c000000 1000 0500 07000000 00000000  00000000 05000000 00000000 00000000  0a00 0100 525400aa0001 0000"),
        ["port learning off"] = ((b, s) => LinkMessages.SetPortLearning(b, s, 5, learning: false),
            "3c000000 1000 0500 07000000 00000000  00000000 05000000 00000000 00000000"
            + "1c00 1200  0b00 0400 62726964676500 00  0c00 0500  0500 0800 00 000000"),
        ["overlay"] = ((b, s) => LinkMessages.CreateVxlan(b, s, "fvx100", new VxlanSettings(100, Local)),
            "60000000 1000 0506 07000000 00000000  00000000 00000000 00000000 00000000  0b00 0300 66767831303000 00"
            + "3400 1200  0a00 0100 76786c616e00 0000  2400 0200"
            + "0800 0100 64000000  0800 0400 0a01000b  0500 0700 00 000000  0600 0f00 12b5 0000"),
        ["tunnel"] = ((b, s) => LinkMessages.CreateVxlan(b, s, "ftn7", new VxlanSettings(7, Local, Remote)),
            "68000000 1000 0506 07000000 00000000  00000000 00000000 00000000 00000000  0900 0300 66746e3700 000000"
            + "3c00 1200  0a00 0100 76786c616e00 0000  2c00 0200"
            + "0800 0100 07000000  0800 0400 0a01000b  0800 0200 0a02000b  0500 0700 00 000000  0600 0f00 12b5 0000"),
        ["tunnel over IPv6"] = (
            (b, s) => LinkMessages.CreateVxlan(b, s, "ftn7", new VxlanSettings(7, Vm6, HostAddress.Of("fd99::8"))),
            "80000000 1000 0506 07000000 00000000  00000000 00000000 00000000 00000000  0900 0300 66746e3700 000000"
            + "5400 1200  0a00 0100 76786c616e00 0000  4400 0200  0800 0100 07000000"
            + "1400 1100 fd990000000000000000000000000007  1400 1000 fd990000000000000000000000000008"
            + "0500 0700 00 000000  0600 0f00 12b5 0000"),
        ["bridge"] = ((b, s) => LinkMessages.CreateBridge(b, s, "br0"),
            "4c000000 1000 0506 07000000 00000000  00000000 00000000 00000000 00000000  0800 0300 62723000"
            + "2400 1200  0b00 0100 62726964676500 00  1400 0200  0800 0100 00000000  0800 0500 00000000"),
        ["veth into a namespace"] = ((b, s) => LinkMessages.CreateVeth(b, s, "v0", "p0", 33),
            "60000000 1000 0506 07000000 00000000  00000000 00000000 00000000 00000000  0700 0300 763000 00"
            + "3800 1200  0900 0100 7665746800 000000  2800 0200  2400 0100"
            + "00000000 00000000 00000000 00000000  0700 0300 703000 00  0800 1c00 21000000"),
        ["add address"] = ((b, s) => AddressMessages.Add(b, s, 5, InterfaceAddress.Of("10.100.0.1/24")),
            "28000000 1400 0505 07000000 00000000  02 18 00 00 05000000  0800 0200 0a640001  0800 0100 0a640001"),
        ["add IPv6 address without looking for another"] = (
            (b, s) => AddressMessages.Add(b, s, 5, InterfaceAddress.Of("fd99::7/64")),
            "40000000 1400 0505 07000000 00000000  0a 40 02 00 05000000"
            + "1400 0200 fd990000000000000000000000000007  1400 0100 fd990000000000000000000000000007"),
        ["delete address"] = ((b, s) => AddressMessages.Delete(b, s, 5, InterfaceAddress.Of("10.100.0.1/24")),
            "28000000 1500 0500 07000000 00000000  02 18 00 00 05000000  0800 0200 0a640001  0800 0100 0a640001"),
        ["route to a TAP"] = ((b, s) => RouteMessages.Replace(b, s, ToTap),
            "34000000 1800 0505 07000000 00000000  02 20 00 00 00 04 fd 01 00000000"
            + "0800 0100 0a630007  0800 0400 05000000  0800 0f00 fe000000"),
        ["route by a tunnel"] = ((b, s) => RouteMessages.Replace(b, s, ToTap with { Via = Hop, OnLink = true }),
            "3c000000 1800 0505 07000000 00000000  02 20 00 00 00 04 00 01 04000000"
            + "0800 0100 0a630007  0800 0500 a9fe4d01  0800 0400 05000000  0800 0f00 fe000000"),
        ["default route of a table"] = (
            (b, s) => RouteMessages.Replace(b, s, ToTap with { To = null, Via = Hop, Link = 0, Table = 0x0fab0007 }),
            "2c000000 1800 0505 07000000 00000000  02 00 00 00 00 04 00 01 00000000  0800 0500 a9fe4d01  0800 0f00 0700ab0f"),
        ["IPv6 route"] = ((b, s) => RouteMessages.Replace(b, s, ToTap with { To = Vm6, IsV6 = true }),
            "48000000 1800 0505 07000000 00000000  0a 80 00 00 00 04 00 01 00000000"
            + "1400 0100 fd990000000000000000000000000007  0800 0400 05000000  0800 0600 00040000  0800 0f00 fe000000"),
        ["delete route of any kind"] = ((b, s) => RouteMessages.Delete(b, s, ToTap with { Link = 0 }),
            "2c000000 1900 0500 07000000 00000000  02 20 00 00 00 00 ff 00 00000000  0800 0100 0a630007  0800 0f00 fe000000"),
        ["routes of a table"] = ((b, s) => RouteMessages.Dump(b, s, v6: false, 254),
            "24000000 1a00 0503 07000000 00000000  02 00 00 00 00 00 00 00 00000000  0800 0f00 fe000000"),
        ["permanent neighbour"] = ((b, s) => NeighbourMessages.Replace(b, s, 5, Vm, Mac),
            "30000000 1c00 0505 07000000 00000000  02 000000 05000000 8000 00 00  0800 0100 0a630007  0a00 0200 525400aa0001 0000"),
        ["delete neighbour"] = ((b, s) => NeighbourMessages.Delete(b, s, 5, Vm),
            "24000000 1d00 0500 07000000 00000000  02 000000 05000000 0000 00 00  0800 0100 0a630007"),
        ["static port entry"] = ((b, s) => NeighbourMessages.ReplacePort(b, s, 5, Mac, isStatic: true),
            "28000000 1c00 0505 07000000 00000000  07 000000 05000000 4200 04 00  0a00 0200 525400aa0001 0000"),
        ["port entry as if learned"] = ((b, s) => NeighbourMessages.ReplacePort(b, s, 5, Mac, isStatic: false),
            "28000000 1c00 0505 07000000 00000000  07 000000 05000000 0200 04 00  0a00 0200 525400aa0001 0000"),
        ["delete port entry"] = ((b, s) => NeighbourMessages.DeletePort(b, s, 5, Mac),
            "28000000 1d00 0500 07000000 00000000  07 000000 05000000 0000 04 00  0a00 0200 525400aa0001 0000"),
        ["port of a bridge"] = ((b, s) => NeighbourMessages.GetPort(b, s, 9, Mac),
            "30000000 1e00 0500 07000000 00000000  07 000000 00000000 0000 04 00  0a00 0200 525400aa0001 0000  0800 0900 09000000"),
        ["remote entry"] = ((b, s) => NeighbourMessages.PutRemote(b, s, 5, Mac, Remote, append: false),
            "30000000 1c00 0505 07000000 00000000  07 000000 05000000 c000 02 00  0a00 0200 525400aa0001 0000  0800 0100 0a02000b"),
        ["flood entry"] = ((b, s) => NeighbourMessages.PutRemote(b, s, 5, default, Remote, append: true),
            "30000000 1c00 050c 07000000 00000000  07 000000 05000000 c000 02 00  0a00 0200 000000000000 0000  0800 0100 0a02000b"),
        ["delete remote entry"] = ((b, s) => NeighbourMessages.DeleteRemote(b, s, 5, Mac, null),
            "28000000 1d00 0500 07000000 00000000  07 000000 05000000 0000 02 00  0a00 0200 525400aa0001 0000"),
        ["rule"] = ((b, s) => RuleMessages.Add(b, s, new RuleFacts(Vm, "vtap", 64_000, 20_000)),
            "40000000 2000 0506 07000000 00000000  02 00 20 00 00 0000 01 00000000"
            + "0800 0200 0a630007  0900 0300 7674617000 000000  0800 0600 204e0000  0800 0f00 00fa0000"),
        ["delete rule"] = ((b, s) => RuleMessages.Delete(b, s, new RuleFacts(Vm, "vtap", 64_000, 20_000)),
            "40000000 2100 0500 07000000 00000000  02 00 20 00 00 0000 01 00000000"
            + "0800 0200 0a630007  0900 0300 7674617000 000000  0800 0600 204e0000  0800 0f00 00fa0000"),
    };

    public static TheoryData<string> Names => new(Messages.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_is_as_the_kernel_lays_it_out(string name)
    {
        var (write, expected) = Messages[name];
        var buffer = new byte[Limits.Network.NetlinkRequestBytesMax];
        Array.Fill(buffer, (byte)0xee); // what is padding must be written too
        Convert.ToHexStringLower(buffer.AsSpan(0, write(buffer, 7)))
            .ShouldBe(expected.Replace(" ", "", StringComparison.Ordinal));
    }
}
