using Fabric.Actors.Agent;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

public sealed class OverlaysTests : IAsyncDisposable
{
    private readonly List<string> _calls = [];
    private readonly ScriptedRedirector _redirector;
    private readonly Overlays _overlays;

    public OverlaysTests()
    {
        _redirector = new ScriptedRedirector(_calls);
        _overlays = new Overlays(_redirector, NullLogger.Instance);
    }

    public ValueTask DisposeAsync() => _overlays.DisposeAsync();

    [Fact]
    public async Task What_is_older_than_what_is_known_says_nothing()
    {
        await ToldAsync(Place("v1", 2, "b"));
        await ToldAsync(Place("v1", 1, "a"));
        await ToldAsync(Place("v1", 2, "b"));
        await ToldAsync(Place("v1", 3, "c"));
        _calls.ShouldBe(["Lead v1 to b", "Lead v1 to b", "Lead v1 to c"]);
    }

    [Fact]
    public async Task An_overlay_that_is_new_here_learns_all_that_was_told_of_it()
    {
        await ToldAsync(Place("v1", 1, "b"));
        await ToldAsync(Place("v2", 1, "b") with { Network = Network with { Vni = 101 } });
        await ToldAsync(Place("v3", 1, "c"));
        _calls.Clear();
        _overlays.Joined(100);
        await _overlays.Settled;
        _calls.Order(StringComparer.Ordinal).ShouldBe(["Lead v1 to b", "Lead v3 to c"]);
    }

    [Fact]
    public async Task A_VM_that_was_removed_is_led_to_no_more_unless_another_has_its_place()
    {
        var gone = Place("v1", 2, "b") with { IsGone = true };
        await ToldAsync(Place("v1", 2, "b"));
        await ToldAsync(gone);
        await ToldAsync(Place("v2", 1, "b"));
        await ToldAsync(gone);
        await ToldAsync(gone with { Network = Network with { Vni = 101 } });
        _calls.ShouldBe(["Lead v1 to b", "Release Vtep v1-e2/1", "Lead v2 to b", "Release Vtep v1-e2/1"]);
        _overlays.Joined(100);
        await _overlays.Settled;
        _calls[^1].ShouldBe("Lead v2 to b");
    }

    [Fact]
    public async Task One_that_fails_does_not_keep_the_others_from_being_led()
    {
        _redirector.Failing.Add(NetworkStep.Activate);
        await ToldAsync(Place("v1", 1, "b"));
        await ToldAsync(Place("v2", 1, "b"));
        _calls.ShouldBe(["Lead v1 to b", "Lead v2 to b"]);
    }

    private static NetworkSpec Network { get; } = new()
    {
        Kind = NetworkKind.Vxlan,
        Mac = MacAddress.Of("52:54:00:aa:00:01"),
        Addresses = [HostAddress.Of("10.99.0.7")],
        Tap = "vtap",
        Bridge = "brov",
        Vni = 100,
        Mtu = 1450,
    };

    private static OverlayPlace Place(string vm, long epoch, string host) => new(
        VmId.Of(vm), epoch, Network, new NetworkEnd(HostId.Of(host), HostAddress.Of("10.2.0.11")));

    private async Task ToldAsync(OverlayPlace place)
    {
        _overlays.Told(place);
        await _overlays.Settled;
    }
}
