using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

public sealed class RedirectorTests : IAsyncDisposable
{
    private static readonly NetworkMove Move = SampleMoves.Kinds["announce"];
    private readonly FakeNetwork _kernel = new();
    private readonly NetworkRedirector _host;

    public RedirectorTests()
    {
        _host = new NetworkRedirector(
            new NetworkPlace { Uplink = "lan" }, new MemoryNotes(), names: null, TimeProvider.System, () => _kernel);
        var bridge = _kernel.Add(new LinkFacts(1, "br0", IsUp: true) { Kind = LinkKinds.Bridge, Mtu = 1500 });
        _kernel.Add(new LinkFacts(2, "lan", IsUp: true) { Master = bridge.Index, Mtu = 1500 });
        _kernel.Add(new LinkFacts(3, "tap9", IsUp: true) { Master = bridge.Index, Kind = LinkKinds.Tun });
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Host_that_can_serve_the_network_passes_and_nothing_is_changed()
    {
        var result = await _host.PrecheckAsync(Move, default);
        result.Step.ShouldBe(NetworkStep.Precheck);
        _kernel.Changes.ShouldBe(0);
        _host.Open().ShouldBeEmpty();
    }

    [Fact]
    public async Task Wrong_specification_is_refused_by_every_step()
    {
        var wrong = Move with { Spec = Move.Spec with { Bridge = null } };
        foreach (var step in new[] { _host.PrecheckAsync, _host.PrepareAsync, _host.ActivateAsync, _host.RollBackAsync, _host.ReleaseAsync })
            (await Should.ThrowAsync<NetworkException>(() => step(wrong, default))).Fault.ShouldBe(NetworkFault.SpecInvalid);
        _kernel.Changes.ShouldBe(0);
    }

    [Fact]
    public async Task Router_leads_to_a_VM_that_has_ended_no_longer_but_to_one_that_is_elsewhere()
    {
        var move = SampleMoves.Kinds["relay"];
        var start = move with { Role = NetworkRole.Router, Source = null };
        var route = new MachineRoute(move.Spec.Addresses[0], IsV6: false, RouteFacts.Main, Link: null, move.Target!.Underlay);
        foreach (var step in new[] { _host.PrepareAsync, _host.ActivateAsync, _host.ReleaseAsync })
            await step(start, default);
        _kernel.Read(route).ShouldNotBeNull();

        var end = start with { Migration = MigrationId.Of("e1"), Target = null, Source = move.Source };
        await _host.ReleaseAsync(end, default);
        _kernel.Read(route).ShouldNotBeNull();
        await _host.ReleaseAsync(end with { Source = move.Target }, default);
        _kernel.Read(route).ShouldBeNull();
        _host.Open().ShouldBeEmpty();
        (end with { Source = null }).Faults().ShouldBe(
            ["the role Router needs to know the source or the target"]);
    }

    [Fact]
    public async Task Missing_capability_is_named()
    {
        _kernel.Missing = "NET_ADMIN";
        await RefusedAsync(NetworkFault.NotPermitted, "NET_ADMIN");
    }

    [Fact]
    public async Task Bridge_must_be_there_be_a_bridge_and_be_up()
    {
        var bridge = _kernel.Link("br0").ShouldNotBeNull();
        _kernel.Add(bridge with { IsUp = false });
        await RefusedAsync(NetworkFault.LinkUnfit, "down");
        _kernel.Add(bridge with { Kind = "dummy" });
        await RefusedAsync(NetworkFault.LinkUnfit, "not a bridge");
        _kernel.Forget("br0");
        await RefusedAsync(NetworkFault.LinkMissing, "no such interface");
    }

    [Fact]
    public async Task Uplink_must_be_the_bridge_s_and_wide_enough()
    {
        var uplink = _kernel.Link("lan").ShouldNotBeNull();
        _kernel.Add(uplink with { Mtu = 1400 });
        await RefusedAsync(NetworkFault.OverlayMtu, "1400");
        _kernel.Add(uplink with { Master = 0 });
        await RefusedAsync(NetworkFault.LinkUnfit, "not a port");
    }

    [Fact]
    public async Task Mac_behind_another_port_than_the_uplink_lives_here()
    {
        _kernel.Learned = new NeighbourFacts(2, null, SampleMoves.Mac, IsPermanent: false);
        await _host.PrecheckAsync(Move, default);
        _kernel.Learned = new NeighbourFacts(3, null, SampleMoves.Mac, IsPermanent: false);
        await RefusedAsync(NetworkFault.MacInUse, "52:54:00:aa:00:01");
    }

    [Fact]
    public async Task Mac_or_address_of_the_host_itself_is_refused()
    {
        _kernel.OwnAddresses.Add(new AddressFacts(2, InterfaceAddress.Of("10.99.0.7/24")));
        await RefusedAsync(NetworkFault.AddressInUse, "host's own");
        _kernel.Add(_kernel.Link("lan")! with { Mac = SampleMoves.Mac });
        await RefusedAsync(NetworkFault.MacInUse, "this interface");
    }

    [Fact]
    public async Task Gateway_must_answer_and_nobody_else_for_the_vm()
    {
        var move = Move with { Spec = Move.Spec with { Gateways = [InterfaceAddress.Of("10.99.0.1/24")] } };
        await RefusedAsync(NetworkFault.GatewaySilent, "10.99.0.1", move);
        _kernel.Answering["10.99.0.1"] = MacAddress.Of("52:54:00:00:00:09");
        await _host.PrecheckAsync(move, default);
        _kernel.Answering["10.99.0.7"] = MacAddress.Of("52:54:00:00:00:08");
        await RefusedAsync(NetworkFault.AddressInUse, "52:54:00:00:00:08", move);
        _kernel.Answering["10.99.0.7"] = SampleMoves.Mac;
        await _host.PrecheckAsync(move, default);
    }

    [Fact]
    public async Task Host_that_passes_nothing_on_is_refused_for_a_routed_network()
    {
        _kernel.Settings["ipv4/ip_forward"] = "0";
        await RefusedAsync(NetworkFault.ForwardingOff, "passes no packets on", SampleMoves.Kinds["routed"]);
    }

    [Fact]
    public async Task Underlay_address_must_be_this_host_s()
    {
        await RefusedAsync(NetworkFault.UnderlayMissing, "does not have it", SampleMoves.Kinds["relay"]);
        _kernel.OwnAddresses.Add(new AddressFacts(2, InterfaceAddress.Of("10.2.0.11/24")));
        await _host.PrecheckAsync(SampleMoves.Kinds["relay"], default);
    }

    [Fact]
    public async Task Activation_without_preparation_is_refused() =>
        (await Should.ThrowAsync<NetworkException>(() => _host.ActivateAsync(Move, default)))
            .Fault.ShouldBe(NetworkFault.NotPrepared);

    [Fact]
    public async Task Another_move_waits_until_the_first_is_ended()
    {
        await _host.PrepareAsync(Move, default);
        var next = Move with { Attempt = 2 };
        foreach (var step in new[] { _host.PrecheckAsync, _host.PrepareAsync, _host.ActivateAsync, _host.ReleaseAsync })
            (await Should.ThrowAsync<NetworkException>(() => step(next, default))).Fault.ShouldBe(NetworkFault.EarlierMoveOpen);
        await _host.RollBackAsync(next, default); // of what never began
        _host.Open().ShouldHaveSingleItem().Move.Attempt.ShouldBe(1);
        await _host.RollBackAsync(Move, default);
        await _host.PrepareAsync(next, default);
    }

    [Fact]
    public async Task Activation_announces_in_the_vm_s_name_on_the_bridge()
    {
        await _host.PrepareAsync(Move, default);
        await _host.ActivateAsync(Move, default);
        var frames = _kernel.Frames.Take(2).ToArray();
        frames.Select(f => f.Link).ShouldAllBe(l => l == "br0");
        Convert.ToHexStringLower(frames[0].Frame).ShouldBe(
            "ffffffffffff" + "525400aa0001" + "8035" + "0001" + "0800" + "06" + "04" + "0003"
            + "525400aa0001" + "00000000" + "525400aa0001" + "00000000" + new string('0', 36));
        Convert.ToHexStringLower(frames[1].Frame).ShouldBe(
            "ffffffffffff" + "525400aa0001" + "0806" + "0001" + "0800" + "06" + "04" + "0001"
            + "525400aa0001" + "0a630007" + "000000000000" + "0a630007" + new string('0', 36));
        await _host.RollBackAsync(Move, default);
        var sent = _kernel.Frames.Count;
        await _host.AnnouncementsOf(Move.Vm);
        _kernel.Frames.Count.ShouldBe(sent);
    }

    [Theory]
    [InlineData(0UL, false, "NET_ADMIN, NET_RAW")]
    [InlineData(1UL << 12, true, "NET_RAW, SYS_ADMIN")]
    [InlineData((1UL << 12) | (1UL << 13), false, null)]
    public void Capabilities_are_told_by_name(ulong has, bool ofNamespaces, string? lacking) =>
        Capabilities.Lacking(has, ofNamespaces).ShouldBe(lacking);

    private async Task RefusedAsync(NetworkFault fault, string what, NetworkMove? move = null)
    {
        var refusal = await Should.ThrowAsync<NetworkException>(() => _host.PrecheckAsync(move ?? Move, default));
        refusal.Fault.ShouldBe(fault, refusal.Message);
        refusal.Message.ShouldContain(what);
        refusal.Advice.ShouldNotBeEmpty();
        refusal.Step.ShouldBe(NetworkStep.Precheck);
        _kernel.Changes.ShouldBe(0);
    }
}
