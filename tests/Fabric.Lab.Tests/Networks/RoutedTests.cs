using System.Net.Sockets;
using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>A client, a router, and two hosts behind it in networks of their own.</summary>
public sealed class RoutedTests : NetworkLabTests
{
    private static readonly HostAddress V4 = HostAddress.Of("10.99.0.7");
    private static readonly HostAddress V6 = HostAddress.Of("fd99::7");
    private readonly NetLab _lab = new("cl", "r", "a", "b");
    private readonly NetworkRedirector _a;
    private readonly NetworkRedirector _b;
    private readonly NetworkRedirector _r;
    private readonly NetMoves _moves = new(Spec(V4), "10.1.0.11", "10.2.0.11");

    public RoutedTests()
    {
        _lab.Cable("cl", "eth0", "r", "cl");
        _lab.Cable("a", "lan", "r", "a");
        _lab.Cable("b", "lan", "r", "b");
        Join("cl", "eth0", "10.3.0.2", "cl", "10.3.0.1", "fd03::2", "fd03::1");
        Join("a", "lan", "10.1.0.11", "a", "10.1.0.1", "fd01::11", "fd01::1");
        Join("b", "lan", "10.2.0.11", "b", "10.2.0.1", "fd02::11", "fd02::1");
        foreach (var name in new[] { "r", "a", "b" })
            _lab.Forward(name);
        (_a, _b, _r) = (_lab.Host("a", Notes, "10.1.0.11"), _lab.Host("b", Notes, "10.2.0.11"), _lab.Host("r", Notes));
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var host in new[] { _a, _b, _r })
            host.DisposeAsync().AsTask().Wait();
        _lab.Dispose();
        base.Dispose(disposing);
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(false, 1400)]
    [InlineData(true, 200)]
    public async Task Relay_flip_loses_and_doubles_no_packet(bool v6, int payload)
    {
        var moves = new NetMoves(Spec(v6 ? V6 : V4), "10.1.0.11", "10.2.0.11");
        await StartAsync(moves, v6);
        using var source = await _lab.GuestAsync("a", "vtap");
        using var stream = new NumberedStream(_lab.Udp("cl", v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork), v6 ? V6 : V4, payload);
        await stream.MoreAsync(100);

        await _b.PrecheckAsync(moves.Target, default);
        await _a.PrecheckAsync(moves.Source, default);
        await PrepareAsync(moves, v6);
        using var target = await _lab.GuestAsync("b", "vtap", runs: false);
        await stream.MoreAsync(100); // by way of the target, and of the tunnel
        target.Numbers.ShouldBeEmpty();

        // The source takes what is under way to it, and then what comes late goes back; only now is it paused.
        await _b.ActivateAsync(moves.Target, default);
        await _a.ActivateAsync(moves.Source, default);
        await stream.MoreAsync(300); // wait at the target's TAP, for its guest stands still
        source.Pause();
        target.Run();
        await stream.MoreAsync(100);
        var sent = await stream.StopAsync();
        await UntilAsync(() => target.Numbers.ContainsKey(sent - 1));

        source.Numbers.Keys.Intersect(target.Numbers.Keys).ShouldBeEmpty();
        source.Numbers.Values.Concat(target.Numbers.Values).ShouldAllBe(n => n == 1);
        string.Join(',', Enumerable.Range(0, sent).Except(source.Numbers.Keys).Except(target.Numbers.Keys)).ShouldBeEmpty();
        source.Numbers.Keys.Max().ShouldBeGreaterThan(150, "nothing came by the tunnel");
    }

    [Fact]
    public async Task Flip_without_a_relay_loses_only_what_comes_between_two_routes()
    {
        var moves = new NetMoves(Spec(V4) with { Relay = false }, "10.1.0.11", "10.2.0.11");
        await StartAsync(moves, v6: false);
        using var source = await _lab.GuestAsync("a", "vtap");
        using var stream = new NumberedStream(_lab.Udp("cl"), V4);
        await stream.MoreAsync(100);
        await PrepareAsync(moves, v6: false);
        using var target = await _lab.GuestAsync("b", "vtap");
        source.Numbers.Count.ShouldBeGreaterThan(50);
        await _b.ActivateAsync(moves.Target, default);
        await _r.ActivateAsync(Router(moves, v6: false), default);
        await _a.ActivateAsync(moves.Source, default);
        await stream.MoreAsync(100);
        var sent = await stream.StopAsync();
        await UntilAsync(() => target.Numbers.ContainsKey(sent - 1));
        (source.Numbers.Count + target.Numbers.Count).ShouldBe(sent);
    }

    [Fact]
    public async Task Roll_back_after_the_flip_leaves_every_host_as_it_was()
    {
        await StartAsync(_moves, v6: false);
        using var source = await _lab.GuestAsync("a", "vtap");
        var before = Dumps();
        await PrepareAsync(_moves, v6: false);
        await ActivateAsync(_moves);
        NetLab.Changes(before, Dumps()).ShouldNotBeEmpty();
        await _r.RollBackAsync(Router(_moves, v6: false), default);
        await _a.RollBackAsync(_moves.Source, default);
        await _b.RollBackAsync(_moves.Target, default);
        NetLab.Changes(before, Dumps()).ShouldBeEmpty();
        foreach (var host in new[] { _a, _b, _r })
            host.Open().ShouldBeEmpty();

        using var stream = new NumberedStream(_lab.Udp("cl"), V4);
        await stream.MoreAsync(50);
        var sent = await stream.StopAsync();
        await UntilAsync(() => source.Numbers.Count == sent);
    }

    [Fact]
    public async Task Host_that_died_after_preparing_goes_back_by_its_note()
    {
        var before = _lab.Dump("b");
        await _b.PrepareAsync(_moves.Target, default);
        await _b.DisposeAsync();
        await using var reborn = _lab.Host("b", Notes, "10.2.0.11");
        reborn.Open().ShouldHaveSingleItem().Move.Migration.ShouldBe(_moves.Target.Migration);
        (await reborn.PrepareAsync(_moves.Target, default)).ChangedAnything().ShouldBeFalse();
        await reborn.RollBackAsync(_moves.Target, default);
        NetLab.Changes(before, _lab.Dump("b")).ShouldBeEmpty();
        reborn.Open().ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_step_that_comes_twice_changes_nothing_the_second_time()
    {
        await StartAsync(_moves, v6: false);
        (NetworkRedirector Host, NetworkMove Move)[] parts =
            [(_b, _moves.Target), (_a, _moves.Source), (_r, Router(_moves, v6: false))];
        foreach (var (host, move) in parts)
        {
            (await host.PrepareAsync(move, default)).ChangedAnything().ShouldBeTrue();
            (await host.PrepareAsync(move, default)).ChangedAnything().ShouldBeFalse();
        }

        foreach (var (host, move) in parts)
        {
            (await host.ActivateAsync(move, default)).ChangedAnything().ShouldBe(move.Role != NetworkRole.Router);
            (await host.ActivateAsync(move, default)).ChangedAnything().ShouldBeFalse();
        }

        foreach (var (host, move) in parts)
        {
            await host.ReleaseAsync(move, default);
            (await host.ReleaseAsync(move, default)).ChangedAnything().ShouldBeFalse();
        }

        _lab.Ip("b", "route show 10.99.0.7").ShouldContain("dev vtap");
        _lab.Ip("a", "route show 10.99.0.7").ShouldBeEmpty();
        _lab.Kernel("a").Link("ftn77").ShouldBeNull();
        _lab.Kernel("a").Link("vtap").ShouldBeNull();
        _lab.Kernel("b").Link("ftn77").ShouldBeNull();
    }

    [Fact]
    public async Task Host_that_passes_nothing_on_is_refused()
    {
        _lab.Set("b", "net/ipv4/ip_forward", "0");
        (await Should.ThrowAsync<NetworkException>(() => _b.PrecheckAsync(_moves.Target, default)))
            .Fault.ShouldBe(NetworkFault.ForwardingOff);
    }

    private static NetworkSpec Spec(HostAddress address) => new()
    {
        Kind = NetworkKind.Routed,
        Mac = NetMoves.Mac,
        Addresses = [address],
        Tap = "vtap",
        Gateways = [InterfaceAddress.Of(address.IsV6 ? "fe80::1/64" : "169.254.1.1/32")],
        GatewayMac = MacAddress.Of("ee:ee:ee:ee:ee:ee"),
    };

    private static NetworkMove Router(NetMoves moves, bool v6) =>
        moves.Router with { TargetVia = HostAddress.Of(v6 ? "fd02::11" : "10.2.0.11") };

    private async Task StartAsync(NetMoves moves, bool v6)
    {
        await NetMoves.StartAsync(_a, moves.Start);
        var router = Router(moves, v6) with
        {
            Migration = moves.Start.Migration,
            Source = null,
            Target = moves.Start.Target,
            TargetVia = HostAddress.Of(v6 ? "fd01::11" : "10.1.0.11"),
        };
        await NetMoves.StartAsync(_r, router);
    }

    private async Task PrepareAsync(NetMoves moves, bool v6)
    {
        await _b.PrepareAsync(moves.Target, default);
        await _a.PrepareAsync(moves.Source, default);
        await _r.PrepareAsync(Router(moves, v6), default);
    }

    private async Task ActivateAsync(NetMoves moves)
    {
        await _b.ActivateAsync(moves.Target, default);
        await _a.ActivateAsync(moves.Source, default);
        await _r.ActivateAsync(Router(moves, v6: false), default);
    }

    private string Dumps() => _lab.Dump("a") + _lab.Dump("b") + _lab.Dump("r");

    private void Join(string name, string link, string own, string port, string router, string own6, string router6)
    {
        _lab.Address(name, link, own + "/24");
        _lab.Address("r", port, router + "/24");
        _lab.Address(name, link, own6 + "/64");
        _lab.Address("r", port, router6 + "/64");
        _lab.Kernel(name).ReplaceRoute(new(null, false, Fabric.Drivers.Network.Netlink.RouteFacts.Main, 0, HostAddress.Of(router), false));
        _lab.Kernel(name).ReplaceRoute(new(null, true, Fabric.Drivers.Network.Netlink.RouteFacts.Main, 0, HostAddress.Of(router6), false));
    }
}
