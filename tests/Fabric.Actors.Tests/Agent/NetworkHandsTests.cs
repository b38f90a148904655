using Fabric.Actors.Agent;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>The order of steps on one host, what repeats them, and what becomes of one that fails.</summary>
public sealed class NetworkHandsTests : IAsyncDisposable
{
    private static readonly VmId Vm = VmId.Of("web");
    private static readonly HostId A = HostId.Of("a");
    private static readonly HostId B = HostId.Of("b");
    private static readonly Stamp Attempt = new(Vm, MigrationId.Of("web-m4"), 4, 1, 1);
    private static readonly NetworkEnds Ends = new(
        new NetworkEnd(A, HostAddress.Of("10.9.0.1")), new NetworkEnd(B, HostAddress.Of("10.9.0.2")))
    {
        Tunnel = 7,
    };

    private static readonly NetworkSpec Routed = new()
    {
        Kind = NetworkKind.Routed,
        Mac = MacAddress.Of("52:54:00:aa:00:01"),
        Addresses = [HostAddress.Of("10.1.0.7")],
        Tap = "vweb",
        GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
    };

    private static readonly VmSpec Spec = new() { Id = Vm, MemoryKiB = 65_600, Network = Routed };

    private readonly List<string> _calls = [];
    private readonly ScriptedRedirector _own;
    private readonly ScriptedRedirector _router;
    private readonly VirtualTime _time = new();
    private readonly List<NetworkHands> _made = [];
    private NetworkTools? _network;

    public NetworkHandsTests() => (_own, _router) = (new(_calls), new(_calls, "router "));

    public async ValueTask DisposeAsync()
    {
        foreach (var hands in _made)
            await hands.DisposeAsync();
    }

    [Fact]
    public async Task A_target_prepares_before_it_offers_and_its_routers_when_bytes_come()
    {
        var hands = Hands("b");
        _own.Received = new TunnelTraffic(12, 9_000);
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
        _network!.Detours.All.ShouldBe([new NetworkDetour(Vm, MigrationId.Of("web-m4"), HostId.Of("a"), 12, 9_000, Stays: false)]);
        _own.Open().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_comes_twice_is_prepared_once_more_and_a_router_stays_ours()
    {
        var hands = Hands("b");
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        _router.IsToldAlready = true;
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        await hands.EndedAsync(forGood: true);
        Calls()[^2..].ShouldBe(["router RollBack Router web-m4/1", "RollBack Target web-m4/1"]);
    }

    [Fact]
    public async Task A_router_that_the_other_host_has_told_is_left_to_it()
    {
        var hands = Hands("b");
        _router.IsToldAlready = true;
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
        _own.Open().ShouldHaveSingleItem();
        await hands.EndedAsync(forGood: true);
        Calls()[^2].ShouldBe("Release Source web-m4/1");
    }

    [Fact]
    public async Task What_stands_in_the_way_is_an_obstacle_with_what_to_do()
    {
        _own.Failing.Add(NetworkStep.Precheck);
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
        _own.Failing.Add(NetworkStep.Prepare);
        await Should.ThrowAsync<NetworkException>(() => hands.PrepareTargetAsync(Incoming()));
        await hands.EndedAsync(forGood: true);
        Calls()[^1].ShouldBe("RollBack Target web-m4/1");
        _own.Open().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_network_that_does_not_turn_is_an_alarm_and_tried_again_until_it_does()
    {
        var hands = Hands("b");
        await hands.PrepareTargetAsync(Incoming());
        await hands.ArrivedAsync();
        _own.Failing.AddRange(Enumerable.Repeat(NetworkStep.Activate, 3));
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
        _own.Stuck = new TaskCompletionSource();
        var running = hands.BeforeRunAsync();
        running.IsCompleted.ShouldBeFalse();
        await PassAsync(Limits.Network.FlipWaitMs);
        (await running)!.Value.Alarm.ShouldBe("it takes long");
        _own.Stuck.SetResult();
    }

    [Fact]
    public async Task An_attempt_is_not_kept_from_beginning_by_one_that_could_not_be_undone()
    {
        var hands = Hands("b");
        await hands.PrepareTargetAsync(Incoming());
        _own.Failing.Add(NetworkStep.RollBack);
        await hands.EndedAsync(forGood: true);
        Calls();
        await hands.PrepareTargetAsync(Incoming(2));
        Calls().ShouldBe(["RollBack Target web-m4/1", "Prepare Target web-m4/2"]);
    }

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
        Calls().ShouldBe(["Release Source web-e1/1"]);
    }

    [Fact]
    public async Task Two_migrations_with_one_tunnel_by_chance_are_not_both_let_in()
    {
        await Hands("b").PrepareTargetAsync(Incoming());
        var other = VmId.Of("db");
        var spec = Spec with { Id = other };
        var stamp = new Stamp(other, MigrationId.Of("db-m4"), 4, 1, 1);
        var hands = new NetworkHands(Tools("b"), other);
        _made.Add(hands);
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

    private static StartIncoming Incoming(int attempt = 1) => new(
        Spec, $"web/e1-t4-a{attempt}", Attempt with { Attempt = attempt }, A)
    {
        Network = Ends,
    };

    private static BeginTransfer Begin() =>
        new(Attempt, B, new DataEndpoint("b", 1), "ticket", new TransferPolicy(0, 300)) { Network = Ends };

    private async Task<NetworkHands> SourceAsync()
    {
        var hands = Hands("a");
        await hands.PrepareStartAsync(Spec, "web/e1");
        await hands.BeforeRunAsync();
        hands.Ran();
        await UntilAsync(8);
        await hands.PrepareSourceAsync(Begin());
        Calls();
        return hands;
    }

    private NetworkHands Hands(string host, bool looksAfter = true)
    {
        var hands = new NetworkHands(Tools(host, looksAfter), Vm);
        _made.Add(hands);
        return hands;
    }

    private AgentTools Tools(string host, bool looksAfter = true)
    {
        var options = new AgentOptions
        {
            Host = HostId.Of(host),
            MachinesDirectory = "/nowhere",
            Advertised = new DataEndpoint(host, 1),
        };
        return new AgentTools(
            options, null!, new HostCapacity(options), null!, null!, null!, null!, _time, NullLogger.Instance)
        {
            Network = _network = looksAfter
                ? new NetworkTools(
                    _own, HostAddress.Of(host is "a" ? "10.9.0.1" : "10.9.0.2"),
                    [new NetworkRouter(_router, new Dictionary<HostId, HostAddress>())])
                : null,
        };
    }

    /// <summary>What was asked for since the last look.</summary>
    private List<string> Calls()
    {
        lock (_calls)
        {
            List<string> calls = [.. _calls];
            _calls.Clear();
            return calls;
        }
    }

    private async Task UntilAsync(int calls)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            lock (_calls)
            {
                if (_calls.Count >= calls)
                    return;
            }

            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Waits for somebody to wait so long, and lets that time pass.</summary>
    private async Task PassAsync(int ms)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_time.NextDue is not { } due || due - _time.Elapsed != TimeSpan.FromMilliseconds(ms))
        {
            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        _time.AdvanceBy(TimeSpan.FromMilliseconds(ms));
    }
}
