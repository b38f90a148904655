using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network.Netlink;

/// <summary>
/// What the kernel says, as its headers lay it out. A request and an answer about one thing have one form, so what is
/// written must be read back the same.
/// </summary>
public sealed class ParsingTests
{
    private static readonly HostAddress Vm = HostAddress.Of("10.99.0.7");
    private static readonly MacAddress Mac = MacAddress.Of("52:54:00:aa:00:01");

    [Theory]
    [InlineData(null)]
    [InlineData("10.2.0.11")]
    public void Overlay_is_read_as_it_was_written(string? remote)
    {
        var vxlan = new VxlanSettings(100, Vm, remote is null ? null : HostAddress.Of(remote), Learning: true);
        var link = Read((b, s) => LinkMessages.CreateVxlan(b, s, "fvx100", vxlan), LinkMessages.Parse).ShouldNotBeNull();
        link.Name.ShouldBe("fvx100");
        link.Kind.ShouldBe(LinkKinds.Vxlan);
        link.Vxlan.ShouldBe(vxlan);
    }

    [Fact]
    public void Route_is_read_as_it_was_written()
    {
        foreach (var route in new[]
        {
            new RouteFacts(Vm, IsV6: false, 254, 5, Via: null, OnLink: false),
            new RouteFacts(Vm, IsV6: false, 100, 5, HostAddress.Of("169.254.77.1"), OnLink: true),
            new RouteFacts(To: null, IsV6: false, 0x0fab0007, 0, HostAddress.Of("10.0.0.1"), OnLink: false),
            new RouteFacts(HostAddress.Of("fd99::7"), IsV6: true, 254, 5, HostAddress.Of("fe80::1"), OnLink: false),
        })
            Read((b, s) => RouteMessages.Replace(b, s, route), RouteMessages.Parse).ShouldBe(route);
    }

    [Fact]
    public void Route_of_several_hops_is_foreign_and_one_of_another_metric_is_none_of_ours()
    {
        Route("0c00 0900 000000000000 0000").ShouldNotBeNull().IsForeign.ShouldBeTrue();
        Route("0800 1e00 01000000").ShouldNotBeNull().IsForeign.ShouldBeTrue();
        Route("0800 0600 64000000").ShouldBeNull();
        Route("").ShouldNotBeNull().IsForeign.ShouldBeFalse();

        static RouteFacts? Route(string more) => RouteMessages.Parse(new NetlinkMessage(
            MessageType.NewRoute, MessageFlags.None, 1,
            Convert.FromHexString($"02200000fe04fd0100000000080001000a630007{more.Replace(" ", "", StringComparison.Ordinal)}")));
    }

    [Fact]
    public void Address_and_rule_are_read_as_they_were_written()
    {
        var address = InterfaceAddress.Of("fd99::7/64");
        Read((b, s) => AddressMessages.Add(b, s, 5, address), AddressMessages.Parse).ShouldBe(new AddressFacts(5, address));
        var rule = new RuleFacts(Vm, "vtap", 64_000, 20_000);
        Read((b, s) => RuleMessages.Add(b, s, rule), RuleMessages.Parse).ShouldBe(rule);
    }

    [Fact]
    public void Neighbours_and_forwarding_entries_are_told_apart()
    {
        Read((b, s) => NeighbourMessages.Replace(b, s, 5, Vm, Mac), NeighbourMessages.Parse)
            .ShouldBe(new NeighbourFacts(5, Vm, Mac, IsPermanent: true));
        Read((b, s) => NeighbourMessages.PutRemote(b, s, 5, Mac, Vm, append: false), NeighbourMessages.Parse)
            .ShouldBe(new NeighbourFacts(5, Vm, Mac, IsPermanent: true));
        Read((b, s) => NeighbourMessages.ReplacePort(b, s, 5, Mac, isStatic: false), NeighbourMessages.Parse)
            .ShouldBe(new NeighbourFacts(5, null, Mac, IsPermanent: false));
        Entry(0x80, Neighbour.Master).IsLocal.ShouldBeTrue();
        Entry(0x40, Neighbour.Master).ShouldBe(new NeighbourFacts(5, null, Mac, IsPermanent: true) { Bridge = 9 });

        static NeighbourFacts Entry(byte state, byte flags) => NeighbourMessages.Parse(new NetlinkMessage(
            MessageType.NewNeighbour, MessageFlags.None, 1,
            [7, 0, 0, 0, 5, 0, 0, 0, state, 0, flags, 0, .. Convert.FromHexString("0a000200525400aa000100000800090009000000")]))
            .ShouldNotBeNull();
    }

    private static T? Read<T>(RequestWriter write, AnswerParser<T> parse)
        where T : class
    {
        var buffer = new byte[Limits.Network.NetlinkRequestBytesMax];
        var reader = new NetlinkReader(buffer.AsSpan(0, write(buffer, 1)));
        reader.TryNext(out var message).ShouldBeTrue();
        return parse(message);
    }
}
