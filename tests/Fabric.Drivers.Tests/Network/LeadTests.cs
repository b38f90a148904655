using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

/// <summary>A host of an overlay that is neither end of a move.</summary>
public sealed class LeadTests : IAsyncDisposable
{
    private static readonly HostAddress Own = HostAddress.Of("10.3.0.11");
    private static readonly NetworkMove Told = SampleMoves.Kinds["vxlan"] with
    {
        Role = NetworkRole.Vtep,
        Source = null,
        Members = [HostAddress.Of("10.1.0.11"), HostAddress.Of("10.2.0.11"), Own, HostAddress.Of("10.4.0.11")],
    };

    private readonly FakeNetwork _kernel = new();
    private readonly NetworkRedirector _host;

    public LeadTests() => _host = new NetworkRedirector(
        new NetworkPlace { Underlay = Own }, new MemoryNotes(), names: null, TimeProvider.System, () => _kernel);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Traffic_is_led_to_where_the_VM_is_and_again_when_it_has_moved_on()
    {
        Have("fvx100", LinkKinds.Vxlan);
        await _host.LeadAsync(Told, default);
        Entry(new RemoteEntry("fvx100", SampleMoves.Mac, Own)).ShouldBe(
            new RemoteEntry("fvx100", SampleMoves.Mac, HostAddress.Of("10.2.0.11")));
        Entry(new PortEntry("brov", SampleMoves.Mac, "", IsStatic: true)).ShouldBe(
            new PortEntry("brov", SampleMoves.Mac, "fvx100", IsStatic: true));
        var there = HostAddress.Of("10.4.0.11");
        await _host.LeadAsync(Told with { Target = new NetworkEnd(HostId.Of("d"), there) }, default);
        Entry(new RemoteEntry("fvx100", SampleMoves.Mac, Own)).ShouldBe(new RemoteEntry("fvx100", SampleMoves.Mac, there));
        var changes = _kernel.Changes;
        await _host.LeadAsync(Told with { Target = new NetworkEnd(HostId.Of("d"), there) }, default);
        _kernel.Changes.ShouldBe(changes, "what is so already is left");
        _host.Open().ShouldBeEmpty("there is nothing to put back");
    }

    [Fact]
    public async Task Every_other_host_of_the_overlay_gets_what_is_for_all()
    {
        Have("fvx100", LinkKinds.Vxlan);
        await _host.LeadAsync(Told, default);
        foreach (var member in Told.Members)
            (Entry(new FloodEntry("fvx100", member)) is not null).ShouldBe(member != Own);
    }

    [Fact]
    public async Task A_host_without_the_overlay_leaves_all_as_it_is()
    {
        await _host.LeadAsync(Told, default);
        _kernel.Changes.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_the_VM_is_or_has_its_TAP_only_the_other_hosts_become_known(bool isOwner)
    {
        Have("fvx100", LinkKinds.Vxlan);
        if (!isOwner)
            Have("vtap", LinkKinds.Tun);
        await _host.LeadAsync(isOwner ? Told with { Target = new NetworkEnd(HostId.Of("c"), Own) } : Told, default);
        Entry(new RemoteEntry("fvx100", SampleMoves.Mac, Own)).ShouldBeNull();
        Entry(new PortEntry("brov", SampleMoves.Mac, "", IsStatic: true)).ShouldBeNull();
        Entry(new FloodEntry("fvx100", HostAddress.Of("10.4.0.11"))).ShouldNotBeNull();
    }

    private NetworkEntry? Entry(NetworkEntry key) => _kernel.Read(key);

    private void Have(string link, string kind) => _kernel.Add(new LinkFacts(0, link, IsUp: true) { Kind = kind });
}
