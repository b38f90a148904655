using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>
/// Two hosts and a gateway in networks of their own, with one overlay over them; the client is at the gateway.
/// </summary>
public sealed class VxlanTests : NetworkLabTests
{
    private const string Overlay = "fvx100";
    private static readonly HostAddress Address = HostAddress.Of("10.100.0.7");
    private static readonly HostAddress UnderlayA = HostAddress.Of("10.1.0.11");
    private static readonly HostAddress UnderlayB = HostAddress.Of("10.2.0.11");
    private static readonly HostAddress UnderlayG = HostAddress.Of("10.3.0.11");
    private readonly NetLab _lab = new("r", "a", "b", "g", "cl");
    private readonly NetworkRedirector _a;
    private readonly NetworkRedirector _b;
    private readonly NetworkRedirector _g;
    private readonly NetMoves _moves = new(
        new NetworkSpec
        {
            Kind = NetworkKind.Vxlan,
            Mac = NetMoves.Mac,
            Addresses = [Address],
            Tap = "vtap",
            Bridge = "brov",
            Vni = 100,
            Mtu = 1450,
            Gateways = [InterfaceAddress.Of("10.100.0.1/24")],
            GatewayMac = MacAddress.Of("00:00:5e:00:01:64"),
        },
        UnderlayA.Value, UnderlayB.Value);

    public VxlanTests()
    {
        foreach (var (name, own, router) in new[] { ("a", UnderlayA, "10.1.0.1"), ("b", UnderlayB, "10.2.0.1"), ("g", UnderlayG, "10.3.0.1") })
        {
            _lab.Cable(name, "lan", "r", name);
            _lab.Address(name, "lan", own + "/24");
            _lab.Address("r", name, router + "/24");
            _lab.Kernel(name).ReplaceRoute(new(null, IsV6: false, 254, 0, HostAddress.Of(router), OnLink: false));

            // A bridge that never had a port is up without one, and later is not.
            _lab.Kernel(name).CreateVeth("other", "other-end");
            _lab.Up(name, "other");
            _lab.Up(name, "other-end");
            _lab.Bridge(name, "brov", "other");
        }

        _lab.Forward("r");
        (_a, _b, _g) = (_lab.Host("a", Notes, UnderlayA.Value, "lan"), _lab.Host("b", Notes, UnderlayB.Value, "lan"), _lab.Host("g", Notes, UnderlayG.Value));

        // The gateway is a host of the overlay without the VM: its interface comes from whoever looks after gateways.
        var kernel = _lab.Kernel("g");
        kernel.CreateVxlan(Overlay, new(100, UnderlayG));
        kernel.SetMaster(_lab.Link("g", Overlay).Index, _lab.Link("g", "brov").Index);
        kernel.SetPortLearning(_lab.Link("g", Overlay).Index, learning: false);
        _lab.Up("g", Overlay);
        _lab.Cable("g", "cl", "cl", "eth0");
        kernel.SetMaster(_lab.Link("g", "cl").Index, _lab.Link("g", "brov").Index);
        _lab.Address("cl", "eth0", "10.100.0.2/24");
        _lab.Kernel("cl").SetMtu(_lab.Link("cl", "eth0").Index, 1450);
        _lab.Kernel("cl").ReplaceNeighbour(_lab.Link("cl", "eth0").Index, Address, NetMoves.Mac);
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var host in new[] { _a, _b, _g })
            host.DisposeAsync().AsTask().Wait();
        _lab.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public async Task Flip_of_all_entries_sends_the_client_to_the_target_and_loses_nothing()
    {
        await StartAsync();
        using var source = await _lab.GuestAsync("a", "vtap");
        using var stream = new NumberedStream(_lab.Udp("cl"), Address, payload: 1400);
        await stream.MoreAsync(100);
        await _b.PrecheckAsync(Target, default);
        await _g.PrecheckAsync(Vtep, default);
        await PrepareAsync();
        using var target = await _lab.GuestAsync("b", "vtap");
        await stream.MoreAsync(50);
        target.Numbers.ShouldBeEmpty();

        await _b.ActivateAsync(Target, default);
        await _g.ActivateAsync(Vtep, default);
        await _a.ActivateAsync(_moves.Source, default);
        await stream.MoreAsync(100);
        var sent = await stream.StopAsync();
        await UntilAsync(() => target.Numbers.ContainsKey(sent - 1));
        string.Join(',', Enumerable.Range(0, sent).Except(source.Numbers.Keys).Except(target.Numbers.Keys)).ShouldBeEmpty();
        source.Numbers.Keys.Intersect(target.Numbers.Keys).ShouldBeEmpty();

        source.Dispose();
        await _a.ReleaseAsync(_moves.Source, default);
        await _b.ReleaseAsync(Target, default);
        NetLab.Run("bridge", ["-n", _lab.NameOf("a"), "fdb", "show", "dev", Overlay])
            .ShouldContain($"{NetMoves.Mac} dst {UnderlayB} self permanent");
    }

    [Fact]
    public async Task Overlay_is_made_without_learning_and_floods_to_its_members()
    {
        await _b.PrepareAsync(Target, default);
        var details = _lab.Ip("b", $"-d link show {Overlay}");
        details.ShouldContain("vxlan id 100 local 10.2.0.11");
        details.ShouldContain("nolearning");
        details.ShouldContain("learning off");
        var entries = NetLab.Run("bridge", ["-n", _lab.NameOf("b"), "fdb", "show", "dev", Overlay]);
        entries.ShouldContain($"00:00:00:00:00:00 dst {UnderlayA} self permanent");
        entries.ShouldContain($"00:00:00:00:00:00 dst {UnderlayG} self permanent");
        entries.ShouldNotContain($"00:00:00:00:00:00 dst {UnderlayB} ");
        entries.ShouldContain($"{NetMoves.Mac} dst {UnderlayA} self permanent");
        _lab.Ip("b", "addr show brov").ShouldContain("10.100.0.1/24");
    }

    [Fact]
    public async Task Roll_back_after_the_flip_leaves_every_host_as_it_was()
    {
        await StartAsync();
        var before = Dumps();
        await PrepareAsync();
        await _b.ActivateAsync(Target, default);
        await _g.ActivateAsync(Vtep, default);
        await _a.ActivateAsync(_moves.Source, default);
        NetLab.Changes(before, Dumps()).ShouldNotBeEmpty();
        await _a.RollBackAsync(_moves.Source, default);
        await _g.RollBackAsync(Vtep, default);
        await _b.RollBackAsync(Target, default);
        NetLab.Changes(before, Dumps()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Steps_that_come_twice_change_nothing()
    {
        await StartAsync();
        (NetworkRedirector Host, NetworkMove Move)[] parts = [(_b, Target), (_g, Vtep), (_a, _moves.Source)];
        foreach (var (host, move) in parts)
        {
            await host.PrepareAsync(move, default);
            (await host.PrepareAsync(move, default)).ChangedAnything().ShouldBeFalse();
            (await host.ActivateAsync(move, default)).ChangedAnything().ShouldBeTrue();
            (await host.ActivateAsync(move, default)).ChangedAnything().ShouldBeFalse();
        }

        foreach (var (host, move) in parts)
        {
            await host.RollBackAsync(move, default);
            (await host.RollBackAsync(move, default)).ChangedAnything().ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Going_back_leaves_an_overlay_that_another_machine_of_the_host_uses()
    {
        await _b.PrepareAsync(Target, default);
        var other = Target with
        {
            Vm = VmId.Of("v2"),
            Spec = Target.Spec with { Tap = "vtap2", Mac = MacAddress.Of("52:54:00:aa:00:02"), Addresses = [] },
        };
        await _b.PrepareAsync(other, default);
        var result = await _b.RollBackAsync(Target, default);
        result.Findings.ShouldContain(f => f.Found == NetworkFound.Kept);
        _lab.Kernel("b").Link(Overlay).ShouldNotBeNull();
        _lab.Ip("b", "addr show brov").ShouldContain("10.100.0.1/24");
        _lab.Kernel("b").Link("vtap").ShouldBeNull();
    }

    [Fact]
    public async Task Overlay_that_learns_is_refused()
    {
        _lab.Kernel("b").CreateVxlan(Overlay, new(100, UnderlayB, Learning: true));
        (await Refused(Target)).Fault.ShouldBe(NetworkFault.LinkUnfit);
    }

    [Fact]
    public async Task Packets_that_do_not_fit_into_the_overlay_are_refused_with_the_size_that_does()
    {
        var refusal = await Refused(Target with { Spec = Target.Spec with { Mtu = 1451 } });
        refusal.Fault.ShouldBe(NetworkFault.OverlayMtu);
        refusal.Advice.ShouldContain("1450");
    }

    [Fact]
    public async Task Host_that_does_not_have_its_underlay_address_is_refused() =>
        (await Refused(Target with { Target = new NetworkEnd(HostId.Of("b"), HostAddress.Of("10.2.0.99")) }))
            .Fault.ShouldBe(NetworkFault.UnderlayMissing);

    private NetworkMove Target => _moves.Target with { Members = [UnderlayA, UnderlayB, UnderlayG] };

    private NetworkMove Vtep => _moves.Vtep;

    private async Task<NetworkException> Refused(NetworkMove move) =>
        await Should.ThrowAsync<NetworkException>(() => _b.PrecheckAsync(move, default));

    private async Task StartAsync()
    {
        var start = _moves.Start with { Members = Target.Members };
        await NetMoves.StartAsync(_a, start);
        await _g.LeadAsync(start with { Role = NetworkRole.Vtep }, default);
    }

    private async Task PrepareAsync()
    {
        await _b.PrepareAsync(Target, default);
        await _a.PrepareAsync(_moves.Source, default);
        await _g.PrepareAsync(Vtep, default);
    }

    private string Dumps() => _lab.Dump("a") + _lab.Dump("b") + _lab.Dump("g");
}
