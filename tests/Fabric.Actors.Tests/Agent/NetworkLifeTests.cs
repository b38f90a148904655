using Fabric.Actors.Agent;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>A VM's network from its start to its end on one host, and after an agent that died.</summary>
public sealed class NetworkLifeTests : NetworkHandsRig
{
    [Fact]
    public async Task An_agent_that_comes_back_goes_on_from_its_notes()
    {
        await Hands("b").PrepareTargetAsync(Incoming());
        Calls();
        var incoming = new IncomingCopy(Fence.None, Spec, "web/e1-t4-a1", 1, A, new AttemptRef(Attempt.Migration!.Value, 4, 1), IncomingPhase.Loaded, null);
        var hands = Hands("b");
        await hands.RecoverAsync(incoming, new MachineLook(RunState.Paused, MigrationPhase.Completed));
        Calls().ShouldBeEmpty();
        await hands.BeforeRunAsync();
        Calls().ShouldBe(["Activate Target web-m4/1"]);

        // It died again after the guest ran, before all was released.
        var owned = new OwnedCopy(Fence.None, Spec, "web/e1-t4-a1", 2, null, true, false, null, null);
        var again = Hands("b");
        await again.RecoverAsync(owned, new MachineLook(RunState.Running, MigrationPhase.Completed));
        await UntilAsync(1);
        await PassAsync(Limits.Network.SettleMs);
        await UntilAsync(2);
        Calls().ShouldBe(["Activate Target web-m4/1", "Release Target web-m4/1"]);
    }

    [Fact]
    public async Task An_agent_that_comes_back_to_a_guest_that_runs_on_puts_back_what_was_prepared()
    {
        await SourceAsync();
        var outgoing = new OutgoingCopy(
            Fence.None, Spec, "web/e1", 1, null, new AttemptRef(Attempt.Migration!.Value, 4, 1), OutgoingPhase.Sending, null, null, null);
        var hands = Hands("a");
        await hands.RecoverAsync(outgoing, new MachineLook(RunState.Running, MigrationPhase.Active));
        Calls()[^1].ShouldBe("RollBack Source web-m4/1");
    }

    [Fact]
    public async Task An_agent_that_comes_back_to_a_handed_off_guest_keeps_what_is_turned()
    {
        await SourceAsync();
        var outgoing = new OutgoingCopy(
            Fence.None, Spec, "web/e1", 1, null, new AttemptRef(Attempt.Migration!.Value, 4, 1), OutgoingPhase.HandedOff, null, null, null);
        var hands = Hands("a");
        await hands.RecoverAsync(outgoing, new MachineLook(RunState.Postmigrate, MigrationPhase.Completed));
        Calls().ShouldBeEmpty();
        await hands.EndedAsync(forGood: true);
        Calls()[^2].ShouldBe("Release Source web-m4/1");
    }

    [Fact]
    public async Task A_VM_that_is_started_has_its_network_and_one_that_ends_takes_it_along()
    {
        var hands = Hands("a");
        await hands.PrepareStartAsync(Spec, "web/e1");
        (await hands.BeforeRunAsync())!.Value.Alarm.ShouldBeNull();
        hands.Ran();
        await UntilAsync(8);
        Calls().ShouldBe(
        [
            "Prepare Target web-e1/1", "router Prepare Router web-e1/1", "Activate Target web-e1/1",
            "router Activate Router web-e1/1", "Activate Target web-e1/1", "router Activate Router web-e1/1",
            "Release Target web-e1/1", "router Release Router web-e1/1",
        ]);
        await hands.EndedAsync(forGood: false);
        Calls().ShouldBe(["Release Source web-e1/1", "router Release Router web-e1/1"]);
        // Its process is ended by order too, whenever that is: then the VM may be behind the same next hop, elsewhere.
        await hands.EndedAsync(forGood: true);
        Calls().ShouldBe(["Release Source web-e1/1"]);
    }

    /// <summary>It runs, so it may be moved; that its routers' notes are released a moment later must not refuse that.</summary>
    [Fact]
    public async Task What_its_coming_still_has_to_do_is_done_before_it_is_looked_at_for_going()
    {
        var hands = Hands("a");
        await hands.PrepareStartAsync(Spec, "web/e1");
        await hands.BeforeRunAsync();
        Calls();
        (await hands.PrecheckAsync(new Precheck(Attempt, Side.Source, Spec) { Network = Ends })).ShouldBeEmpty();
        Calls().Take(4).ShouldBe(
        [
            "Activate Target web-e1/1", "router Activate Router web-e1/1", "Release Target web-e1/1",
            "router Release Router web-e1/1",
        ]);
    }

    [Fact]
    public async Task A_router_that_does_not_forget_a_VM_that_ended_is_told_again()
    {
        var hands = await SourceAsync(sends: false);
        Router.Failing.Add(NetworkStep.Release);
        await hands.EndedAsync(forGood: false);
        Own.IsToldAlready = true;
        await PassAsync(Limits.Network.RetryMsMin);
        await UntilAsync(4);
        Calls().ShouldBe(
        [
            "Release Source web-e1/1", "router Release Router web-e1/1 failed",
            "Release Source web-e1/1", "router Release Router web-e1/1",
        ]);
    }

    [Fact]
    public async Task An_agent_that_comes_back_to_a_VM_that_ended_tells_routers_unless_all_is_gone_already()
    {
        var ended = new EndedCopy(Fence.None, Spec, "web/e1", 1, null, LifeView.Stopped, null, null, null);
        await Hands("a").RecoverAsync(ended, null);
        Calls().ShouldBe(["Release Source web-e1/1", "router Release Router web-e1/1"]);
        Own.IsToldAlready = true;
        await Hands("a").RecoverAsync(ended, null);
        Calls().ShouldBe(["Release Source web-e1/1"]);
    }

    [Fact]
    public async Task A_host_that_comes_back_leaves_the_routers_to_the_host_that_took_its_VM_up()
    {
        // Its kernel is new; the routers reach both hosts by the same next hop, so the route looks like its own.
        Own.IsToldAlready = true;
        var owned = new OwnedCopy(Fence.None, Spec, "web/e2", 2, null, true, false, null, null);
        var hands = Hands("a");
        await hands.RecoverAsync(owned, null);
        Calls().ShouldBe(["Release Source web-e2/1"]);
        await hands.EndedAsync(forGood: true);
        Calls().ShouldBe(["Release Source web-e2/1"]);
    }

    [Fact]
    public async Task An_agent_that_finds_its_VM_gone_and_its_network_still_there_tells_routers()
    {
        var owned = new OwnedCopy(Fence.None, Spec, "web/e1", 1, null, true, false, null, null);
        await Hands("a").RecoverAsync(owned, null);
        Calls().ShouldBe(["Release Source web-e1/1", "router Release Router web-e1/1"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_VM_that_is_known_to_run_elsewhere_ends_here_without_a_word_to_routers(bool toldByKeeper)
    {
        var hands = await SourceAsync(sends: false);
        hands.RunsElsewhere();
        if (toldByKeeper)
            await hands.EndedAsync(forGood: false);
        await hands.EndedAsync(forGood: true);
        const string own = "Release Source web-e1/1";
        Calls().ShouldBe(toldByKeeper ? [own, own] : [own]);
    }

    [Fact]
    public async Task A_VM_that_is_back_after_it_ran_elsewhere_tells_routers_when_it_ends()
    {
        var hands = await SourceAsync(sends: false);
        hands.RunsElsewhere();
        await hands.EndedAsync(forGood: true);
        await hands.PrepareStartAsync(Spec, "web/e3");
        await hands.BeforeRunAsync();
        Calls();
        await hands.EndedAsync(forGood: false);
        Calls().ShouldBe(
        [
            "Release Target web-e3/1", "router Release Router web-e3/1",
            "Release Source web-e3/1", "router Release Router web-e3/1",
        ]);
    }
}
