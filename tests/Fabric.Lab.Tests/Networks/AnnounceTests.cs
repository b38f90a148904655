using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>Two hosts and a client at one switch.</summary>
public sealed class AnnounceTests : NetworkLabTests
{
    private const string Address = "10.9.0.7";
    private readonly NetLab _lab = new("sw", "a", "b", "cl");
    private readonly NetworkRedirector _a;
    private readonly NetworkRedirector _b;
    private readonly NetMoves _moves = new(
        new NetworkSpec
        {
            Kind = NetworkKind.Announce,
            Mac = NetMoves.Mac,
            Addresses = [HostAddress.Of(Address)],
            Tap = "vtap",
            Bridge = "br0",
            Gateways = [InterfaceAddress.Of("10.9.0.1/24")],
        },
        "10.9.0.11", "10.9.0.12");

    public AnnounceTests()
    {
        foreach (var host in new[] { "a", "b" })
        {
            _lab.Cable("sw", host, host, "lan");
            _lab.Bridge(host, "br0", "lan");
        }

        _lab.Cable("sw", "cl", "cl", "eth0");
        _lab.Bridge("sw", "br", "a", "b", "cl");
        _lab.Address("cl", "eth0", "10.9.0.1/24");
        _lab.Kernel("cl").ReplaceNeighbour(_lab.Link("cl", "eth0").Index, HostAddress.Of(Address), NetMoves.Mac);
        (_a, _b) = (_lab.Host("a", Notes, uplink: "lan"), _lab.Host("b", Notes, uplink: "lan"));
    }

    protected override void Dispose(bool disposing)
    {
        _a.DisposeAsync().AsTask().Wait();
        _b.DisposeAsync().AsTask().Wait();
        _lab.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public async Task Switch_sends_to_the_target_as_soon_as_it_is_activated()
    {
        await NetMoves.StartAsync(_a, _moves.Start);
        using var source = await _lab.GuestAsync("a", "vtap");
        source.Speak(NetMoves.Mac);
        await UntilAsync(() => PortAtSwitch() is "a");

        await _b.PrecheckAsync(_moves.Target, default);
        await _b.PrepareAsync(_moves.Target, default);
        await _a.PrepareAsync(_moves.Source, default);
        PortAtSwitch().ShouldBe("a");
        using var target = await _lab.GuestAsync("b", "vtap");
        source.Pause();
        await _a.ActivateAsync(_moves.Source, default);
        await _b.ActivateAsync(_moves.Target, default);
        await UntilAsync(() => PortAtSwitch() is "b");

        using var stream = new NumberedStream(_lab.Udp("cl"), HostAddress.Of(Address));
        await stream.MoreAsync(100);
        var sent = await stream.StopAsync();
        await UntilAsync(() => target.Numbers.Count == sent);
        source.Numbers.ShouldBeEmpty();

        await _b.AnnouncementsOf(VmId.Of("v1"));
        await _b.ReleaseAsync(_moves.Target, default);
        source.Dispose();
        await _a.ReleaseAsync(_moves.Source, default);
        _lab.Kernel("a").Link("vtap").ShouldBeNull();
        _b.Open().ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_round_is_one_reverse_arp_and_one_arp_for_each_address()
    {
        await _b.PrepareAsync(_moves.Target, default);
        using var heard = ArpLog.Open(_lab.Place("cl"), _lab.Link("cl", "eth0").Index);
        await _b.ActivateAsync(_moves.Target, default);
        await _b.AnnouncementsOf(VmId.Of("v1"));
        await UntilAsync(() => heard.Count(0x8035) == 5 && heard.Count(0x0806) == 5);
    }

    [Fact]
    public async Task Roll_back_leaves_both_hosts_as_they_were_and_announces_no_more()
    {
        await NetMoves.StartAsync(_a, _moves.Start);
        await _a.AnnouncementsOf(VmId.Of("v1"));
        var before = _lab.Dump("a") + _lab.Dump("b");
        await _b.PrepareAsync(_moves.Target, default);
        await _a.PrepareAsync(_moves.Source, default);
        await _a.ActivateAsync(_moves.Source, default);
        await _b.ActivateAsync(_moves.Target, default);
        NetLab.Changes(before, _lab.Dump("a") + _lab.Dump("b")).ShouldNotBeEmpty();
        await _b.RollBackAsync(_moves.Target, default);
        await _a.RollBackAsync(_moves.Source, default);
        NetLab.Changes(before, _lab.Dump("a") + _lab.Dump("b")).ShouldBeEmpty();
        _b.AnnouncementsOf(VmId.Of("v1")).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Steps_that_come_twice_change_nothing()
    {
        (await _b.PrepareAsync(_moves.Target, default)).ChangedAnything().ShouldBeTrue();
        (await _b.PrepareAsync(_moves.Target, default)).ChangedAnything().ShouldBeFalse();
        (await _b.ActivateAsync(_moves.Target, default)).ChangedAnything().ShouldBeTrue();
        (await _b.ActivateAsync(_moves.Target, default)).ChangedAnything().ShouldBeFalse();
        await _b.RollBackAsync(_moves.Target, default);
        (await _b.RollBackAsync(_moves.Target, default)).ChangedAnything().ShouldBeFalse();
    }

    [Fact]
    public async Task Bridge_that_is_not_there_is_named_before_anything_moves()
    {
        var move = _moves.Target with { Spec = _moves.Target.Spec with { Bridge = "br9" } };
        var refusal = await Refused(move);
        refusal.Fault.ShouldBe(NetworkFault.LinkMissing);
        refusal.Where.ShouldBe("br9");
    }

    [Fact]
    public async Task Bridge_that_leads_to_another_network_is_found_by_its_silence()
    {
        _lab.Kernel("sw").SetMaster(_lab.Link("sw", "b").Index, 0);
        (await Refused(_moves.Target)).Fault.ShouldBe(NetworkFault.GatewaySilent);
    }

    [Fact]
    public async Task Mac_that_lives_on_the_target_already_is_refused()
    {
        var other = _moves.Target with { Vm = VmId.Of("v2"), Spec = _moves.Target.Spec with { Tap = "vtap2" } };
        await _b.PrepareAsync(other, default);
        using var guest = await _lab.GuestAsync("b", "vtap2");
        guest.Speak(NetMoves.Mac);
        await UntilAsync(() => _lab.Kernel("b").PortOf(_lab.Link("b", "br0").Index, NetMoves.Mac) is not null);
        var refusal = await Refused(_moves.Target);
        refusal.Fault.ShouldBe(NetworkFault.MacInUse);
        refusal.Where.ShouldBe("vtap2");
    }

    [Fact]
    public async Task Tap_that_a_program_holds_is_neither_taken_nor_removed()
    {
        await _b.PrepareAsync(_moves.Target, default);
        using var guest = await _lab.GuestAsync("b", "vtap");
        (await Refused(_moves.Target)).Fault.ShouldBe(NetworkFault.LinkUnfit);
        await _b.RollBackAsync(_moves.Target with { Migration = MigrationId.Of("other") }, default);
        var asSource = _moves.Source with { Source = _moves.Target.Target, Target = _moves.Target.Source };
        (await Should.ThrowAsync<NetworkException>(() => _b.ReleaseAsync(asSource, default)))
            .Fault.ShouldBe(NetworkFault.LinkUnfit);
        _lab.Kernel("b").Link("vtap").ShouldNotBeNull();
    }

    private string? PortAtSwitch() =>
        _lab.Kernel("sw").PortOf(_lab.Link("sw", "br").Index, NetMoves.Mac) is { } entry
            ? _lab.Kernel("sw").Link(entry.Link)?.Name
            : null;

    private async Task<NetworkException> Refused(NetworkMove move)
    {
        var refusal = await Should.ThrowAsync<NetworkException>(() => _b.PrecheckAsync(move, default));
        refusal.Step.ShouldBe(NetworkStep.Precheck);
        return refusal;
    }
}
