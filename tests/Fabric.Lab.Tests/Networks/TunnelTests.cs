using System.Collections.Concurrent;
using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>Two sites that have only their hosts in common; the client is at the old one.</summary>
public sealed class TunnelTests : NetworkLabTests
{
    private static readonly HostAddress Old = HostAddress.Of("10.99.0.7");
    private static readonly HostAddress New = HostAddress.Of("10.98.0.7");
    private readonly NetLab _lab = new("cl", "a", "w", "b");
    private readonly NetworkRedirector _a;
    private readonly NetworkRedirector _b;
    private readonly NameLog _names = new();
    private readonly NetMoves _moves = new(
        new NetworkSpec
        {
            Kind = NetworkKind.Tunnel,
            Mac = NetMoves.Mac,
            Addresses = [Old],
            Tap = "vtap",
            Gateways = [InterfaceAddress.Of("169.254.1.1/32")],
            GatewayMac = MacAddress.Of("ee:ee:ee:ee:ee:ee"),
            Dns = new DnsSpec(HostAddress.Of("192.0.2.53"), "lab.example", "web.lab.example", "fabric", 1),
        },
        "10.1.0.11", "10.2.0.11");

    public TunnelTests()
    {
        _lab.Cable("cl", "eth0", "a", "cl");
        _lab.Cable("a", "lan", "w", "a");
        _lab.Cable("b", "lan", "w", "b");
        foreach (var (name, link, address) in new[]
        {
            ("cl", "eth0", "10.3.0.2/24"), ("a", "cl", "10.3.0.1/24"), ("a", "lan", "10.1.0.11/24"), ("w", "a", "10.1.0.1/24"),
            ("b", "lan", "10.2.0.11/24"), ("w", "b", "10.2.0.1/24"),
        })
            _lab.Address(name, link, address);
        foreach (var (name, via) in new[] { ("cl", "10.3.0.1"), ("a", "10.1.0.1"), ("b", "10.2.0.1") })
            _lab.Kernel(name).ReplaceRoute(new(null, IsV6: false, 254, 0, HostAddress.Of(via), OnLink: false));
        foreach (var name in new[] { "a", "w", "b" })
            _lab.Forward(name);
        _a = _lab.Host("a", Notes);
        _b = new NetworkRedirector(
            new NetworkPlace { Namespace = _lab.NameOf("b") }, new FileNetworkNotes(Path.Combine(Notes, "b")), _names,
            TimeProvider.System);
    }

    protected override void Dispose(bool disposing)
    {
        _a.DisposeAsync().AsTask().Wait();
        _b.DisposeAsync().AsTask().Wait();
        _lab.Dispose();
        base.Dispose(disposing);
    }

    private NetworkMove Target => _moves.Target with { NamedAddresses = [New] };

    [Fact]
    public async Task Old_address_goes_on_by_the_tunnel_both_ways_and_the_name_gets_the_new_one()
    {
        await NetMoves.StartAsync(_a, _moves.Start);
        using var source = await _lab.GuestAsync("a", "vtap");
        using var stream = new NumberedStream(_lab.Udp("cl"), Old);
        await stream.MoreAsync(50);
        await MoveAsync();
        using var target = await _lab.GuestAsync("b", "vtap");
        await stream.MoreAsync(50);
        var sent = await stream.StopAsync();
        await UntilAsync(() => target.Numbers.ContainsKey(sent - 1));
        _names.Updates.ShouldBe(["web.lab.example 10.98.0.7"]);

        // What the VM sends from its old address leaves by the tunnel, for the new site would not take it.
        _lab.Ip("b", "route get 10.3.0.2 from 10.99.0.7 iif vtap").ShouldContain("dev ftn77");
        _lab.Ip("b", "route get 10.3.0.2").ShouldContain("dev lan");
    }

    [Fact]
    public async Task Tunnel_stays_after_the_move_until_both_ends_release_the_anchor()
    {
        await NetMoves.StartAsync(_a, _moves.Start);
        await MoveAsync();
        await _b.ReleaseAsync(Target, default);
        await _a.ReleaseAsync(_moves.Source, default);
        _lab.Ip("a", "route show 10.99.0.7").ShouldContain("dev ftn77");
        await _a.ReleaseAsync(_moves.Anchor, default);
        await _b.ReleaseAsync(_moves.Anchor, default);
        _lab.Ip("a", "route show 10.99.0.7").ShouldBeEmpty();
        _lab.Kernel("a").Link("ftn77").ShouldBeNull();
        _lab.Kernel("b").Link("ftn77").ShouldBeNull();
        _lab.Ip("b", "rule").ShouldNotContain("vtap");
        _lab.Ip("b", "route show 10.99.0.7").ShouldContain("dev vtap");
    }

    [Fact]
    public async Task Roll_back_leaves_both_sites_as_they_were_and_the_name_too()
    {
        await NetMoves.StartAsync(_a, _moves.Start);
        var before = _lab.Dump("a") + _lab.Dump("b");
        await MoveAsync();
        await _a.RollBackAsync(_moves.Anchor, default);
        await _a.RollBackAsync(_moves.Source, default);
        await _b.RollBackAsync(Target, default);
        NetLab.Changes(before, _lab.Dump("a") + _lab.Dump("b")).ShouldBeEmpty();
        _names.Updates.ShouldBe(["web.lab.example 10.98.0.7", "web.lab.example 10.99.0.7"]);
    }

    [Fact]
    public async Task Name_server_that_fails_is_an_alarm_and_the_flip_is_done()
    {
        await _b.PrepareAsync(Target, default);
        _names.Failure = new NetworkException(NetworkFault.DnsSilent, "192.0.2.53", "it does not answer", "Look at it.");
        var result = await _b.ActivateAsync(Target, default);
        result.Alarms.ShouldHaveSingleItem().ShouldContain("does not answer");
        _lab.Ip("b", "route show 10.99.0.7").ShouldContain("dev vtap");
    }

    private async Task MoveAsync()
    {
        await _b.PrepareAsync(Target, default);
        await _a.PrepareAsync(_moves.Anchor, default);
        await _a.PrepareAsync(_moves.Source, default);
        await _b.ActivateAsync(Target, default);
        await _a.ActivateAsync(_moves.Anchor, default);
        await _a.ActivateAsync(_moves.Source, default);
    }

    private sealed class NameLog : INameUpdater
    {
        private readonly ConcurrentQueue<string> _updates = new();

        public IReadOnlyCollection<string> Updates => _updates;

        public NetworkException? Failure { get; set; }

        public Task UpdateAsync(DnsSpec name, IReadOnlyList<HostAddress> addresses, CancellationToken cancellation)
        {
            if (Failure is { } failure)
                throw failure;
            _updates.Enqueue($"{name.Name} {string.Join(' ', addresses)}");
            return Task.CompletedTask;
        }
    }
}
