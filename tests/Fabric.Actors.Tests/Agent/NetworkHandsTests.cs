using Fabric.Actors.Agent;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>The order of steps on one host, what repeats them, and what becomes of one that fails.</summary>
public sealed class NetworkHandsTests : NetworkHandsRig
{
    [Fact]
    public async Task A_target_prepares_before_it_offers_and_its_routers_when_bytes_come()
    {
        var hands = Hands("b");
        Own.Received = new TunnelTraffic(12, 9_000);
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        Calls().ShouldBe(["Prepare Target web-m4/1", "router Prepare Router web-m4/1"]);
        (await hands.BeforeRunAsync())!.Value.Alarm.ShouldBeNull();
        Calls().ShouldBe(["Activate Target web-m4/1", "router Activate Router web-m4/1"]);
        hands.Ran();
        // Once more, for the announcement of a guest that runs; and what only the move needed goes a while after.
        await UntilAsync(2);
        Calls().ShouldBe(["Activate Target web-m4/1", "router Activate Router web-m4/1"]);
        await PassAsync(Limits.Network.SettleMs);
        await UntilAsync(2);
        Calls().ShouldBe(["Release Target web-m4/1", "router Release Router web-m4/1"]);
        Network!.Detours.All.ShouldBe([new NetworkDetour(Vm, MigrationId.Of("web-m4"), HostId.Of("a"), 12, 9_000, Stays: false)]);
        Own.Open().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_comes_twice_is_prepared_once_more_and_a_router_stays_ours()
    {
        var hands = Hands("b");
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        Router.IsToldAlready = true;
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        await hands.EndedAsync(forGood: true);
        Calls()[^2..].ShouldBe(["router RollBack Router web-m4/1", "RollBack Target web-m4/1"]);
    }

    [Fact]
    public async Task A_router_that_the_other_host_has_told_is_left_to_it()
    {
        var hands = Hands("b");
        Router.IsToldAlready = true;
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        await hands.EndedAsync(forGood: true);
        Calls().ShouldBe(
        [
            "Prepare Target web-m4/1", "router Prepare Router web-m4/1", "router Release Router web-m4/1",
            "RollBack Target web-m4/1",
        ]);
    }

    [Fact]
    public async Task A_pause_turns_the_target_but_never_announces_it()
    {
        var target = Hands("b");
        await target.PrepareTargetAsync(Incoming());
        await target.ArrivedAsync();
        Calls();
        target.Turn(Side.Target);
        await UntilAsync(2);
        Calls().ShouldBe(["Activate Target web-m4/1", "router Activate Router web-m4/1"]);
        var announced = Spec with { Network = Routed with { Kind = NetworkKind.Announce, Bridge = "br0" } };
        await target.PrepareTargetAsync(Incoming(2) with { Spec = announced });
        Calls();
        target.Turn(Side.Target);
        (await target.BeforeRunAsync())!.Value.Alarm.ShouldBeNull();
        Calls().ShouldBe(["Activate Target web-m4/2"]);
    }

    [Fact]
    public async Task A_source_prepares_before_it_sends_turns_at_the_pause_and_is_released_after_its_process()
    {
        var hands = Hands("a");
        await hands.PrepareStartAsync(Spec, "web/e1");
        await hands.BeforeRunAsync();
        hands.Ran();
        await UntilAsync(8);
        Calls();
        await hands.PrepareSourceAsync(Begin());
        Calls().ShouldBe(["Prepare Source web-m4/1", "router Prepare Router web-m4/1"]);
        hands.Turn(Side.Source);
        await UntilAsync(2);
        Calls().ShouldBe(["Activate Source web-m4/1", "router Activate Router web-m4/1"]);
        await hands.EndedAsync(forGood: true);
        Calls().ShouldBe(
        [
            "Activate Source web-m4/1", "router Activate Router web-m4/1",
            "Release Source web-m4/1", "router Release Router web-m4/1",
        ]);
    }

    [Fact]
    public async Task A_source_that_goes_on_is_as_it_was()
    {
        var hands = await SourceAsync();
        hands.Turn(Side.Source);
        await UntilAsync(2);
        Calls();
        await hands.BeforeRunAsync();
        Calls().ShouldBe(["router RollBack Router web-m4/1", "RollBack Source web-m4/1"]);
        await hands.BackAsync();
        Calls().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_source_that_died_by_itself_is_left_until_somebody_has_decided()
    {
        var hands = await SourceAsync();
        await hands.EndedAsync(forGood: false);
        Calls().ShouldBeEmpty();
        Own.Open().ShouldHaveSingleItem();
        await hands.EndedAsync(forGood: true);
        Calls()[^2].ShouldBe("Release Source web-m4/1");
    }

    [Fact]
    public async Task What_stands_in_the_way_is_an_obstacle_with_what_to_do()
    {
        Own.Failing.Add(NetworkStep.Precheck);
        var obstacles = await Hands("b").PrecheckAsync(new Precheck(Attempt, Side.Target, Spec) { Network = Ends });
        obstacles.ShouldHaveSingleItem().ShouldBe(new Obstacle(FailureReason.NetworkUnfit, "vweb: as the test says. Mend it."));
        (await Hands("b").PrecheckAsync(new Precheck(Attempt, Side.Target, Spec))).ShouldHaveSingleItem()
            .Detail.ShouldContain("host.network.underlay");
        (await Hands("b", looksAfter: false).PrecheckAsync(new Precheck(Attempt, Side.Target, Spec) { Network = Ends }))
            .ShouldHaveSingleItem().Detail.ShouldContain("looks after no networks");
    }

    [Fact]
    public async Task A_VM_without_a_network_that_moves_touches_nothing()
    {
        var hands = Hands("b");
        var plain = Spec with { Network = new NetworkSpec { Kind = NetworkKind.None } };
        (await hands.PrecheckAsync(new Precheck(Attempt, Side.Target, plain))).ShouldBeEmpty();
        await hands.PrepareStartAsync(plain, "web/e1");
        (await hands.BeforeRunAsync()).ShouldBeNull();
        hands.Ran();
        await hands.EndedAsync(forGood: true);
        Calls().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_prepare_that_fails_is_told_and_undone()
    {
        var hands = Hands("b");
        Own.Failing.Add(NetworkStep.Prepare);
        await Should.ThrowAsync<NetworkException>(() => hands.PrepareTargetAsync(Incoming()));
        await hands.EndedAsync(forGood: true);
        Calls()[^1].ShouldBe("RollBack Target web-m4/1");
        Own.Open().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_network_that_does_not_turn_is_an_alarm_and_tried_again_until_it_does()
    {
        var hands = Hands("b");
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        Own.Failing.AddRange(Enumerable.Repeat(NetworkStep.Activate, 3));
        (await hands.BeforeRunAsync())!.Value.Alarm.ShouldBe("vweb: as the test says. Mend it.");
        hands.Ran();
        await PassAsync(Limits.Network.RetryMsMin);
        await PassAsync(Limits.Network.RetryMsMin * 2);
        await UntilAsync(7);
        Calls().ShouldBe(
        [
            "Prepare Target web-m4/1", "router Prepare Router web-m4/1", "Activate Target web-m4/1 failed", "Activate Target web-m4/1 failed",
            "Activate Target web-m4/1 failed", "Activate Target web-m4/1", "router Activate Router web-m4/1",
        ]);
    }

    [Fact]
    public async Task A_guest_does_not_wait_for_a_network_that_hangs()
    {
        var hands = Hands("b");
        await hands.PrepareTargetAsync(Incoming());
        Own.Stuck = new TaskCompletionSource();
        var running = hands.BeforeRunAsync();
        running.IsCompleted.ShouldBeFalse();
        await PassAsync(Limits.Network.FlipWaitMs);
        (await running)!.Value.Alarm.ShouldBe("it takes long");
        Own.Stuck.SetResult();
    }

    [Fact]
    public async Task An_attempt_is_not_kept_from_beginning_by_one_that_could_not_be_undone()
    {
        var hands = Hands("b");
        await hands.PrepareTargetAsync(Incoming());
        Own.Failing.Add(NetworkStep.RollBack);
        await hands.EndedAsync(forGood: true);
        Calls();
        await hands.PrepareTargetAsync(Incoming(2));
        Calls().ShouldBe(["RollBack Target web-m4/1", "Prepare Target web-m4/2"]);
    }

    [Fact]
    public async Task Two_migrations_with_one_tunnel_by_chance_are_not_both_let_in()
    {
        await Hands("b").PrepareTargetAsync(Incoming());
        var other = VmId.Of("db");
        var spec = Spec with { Id = other };
        var stamp = new Stamp(other, MigrationId.Of("db-m4"), 4, 1, 1);
        var hands = Hands("b", vm: other);
        (await hands.PrecheckAsync(new Precheck(stamp, Side.Target, spec) { Network = Ends })).ShouldHaveSingleItem()
            .Detail.ShouldContain("tunnel 7 is that of web-m4");
    }

    [Fact]
    public void A_name_leads_to_what_was_said_for_the_target()
    {
        HostAddress[] named = [HostAddress.Of("10.98.0.7")];
        NetworkPart.Of(Tools("b").Network!, Attempt, Routed, Side.Target, Ends with { Named = named })[0].Move.NamedAddresses
            .ShouldBe(named);
        NetworkPart.Of(Tools("b").Network!, Attempt, Routed, Side.Target, Ends)[0].Move.NamedAddresses.ShouldBeEmpty();
    }
}
