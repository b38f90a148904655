namespace Fabric.Protocol.Tests.Network;

/// <summary>What a migration tells its hosts of each other's network, and when the guest's is turned.</summary>
public sealed class NetworkInMigrationTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly HostId A = HostId.Of("host-a");
    private static readonly HostId B = HostId.Of("host-b");
    private static readonly NetworkEnds Ends = new(
        new NetworkEnd(A, HostAddress.Of("10.9.0.1")), new NetworkEnd(B, HostAddress.Of("10.9.0.2")));

    private static readonly VmSpec Spec = new()
    {
        Id = VmId.Of("demo"),
        MemoryKiB = 131_136,
        Network = new NetworkSpec
        {
            Kind = NetworkKind.Routed,
            Mac = MacAddress.Of("52:54:00:aa:00:01"),
            Addresses = [HostAddress.Of("10.1.0.7")],
            Tap = "vdemo",
            GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
        },
    };

    [Fact]
    public void Both_hosts_hear_of_both_ends_and_the_network_turns_once_at_the_pause()
    {
        var orders = Drive(Requested(Spec));
        var plan = Requested(Spec).Plan;
        plan.Network.ShouldBe(Ends with { Tunnel = NetworkEnds.TunnelOf(plan.Id) });
        orders.Select(o => o.Order).OfType<Precheck>().Select(o => (o.Side, o.Network))
            .ShouldBe([(Side.Source, plan.Network), (Side.Target, plan.Network)], ignoreOrder: true);
        orders.Select(o => o.Order).OfType<PrepareTarget>().First().Network.ShouldBe(plan.Network);
        orders.Select(o => o.Order).OfType<BeginTransfer>().First().Network.ShouldBe(plan.Network);
        orders.Where(o => o.Order is FlipNetwork).ShouldHaveSingleItem().Side.ShouldBe(Side.Target);
        var names = orders.Select(o => o.Order.GetType().Name).ToList();
        names.IndexOf(nameof(FlipNetwork)).ShouldBeGreaterThan(names.IndexOf(nameof(BeginTransfer)));
    }

    [Fact]
    public void A_VM_without_a_network_that_moves_is_moved_as_ever()
    {
        foreach (var network in new[] { null, new NetworkSpec { Kind = NetworkKind.None } })
        {
            Requested(Spec with { Network = network }).Plan.Network.ShouldBeNull();
            Drive(Requested(Spec with { Network = network })).ShouldNotContain(o => o.Order is FlipNetwork);
        }
    }

    [Fact]
    public void Only_what_is_coming_in_by_this_attempt_turns()
    {
        var stamp = new Stamp(Spec.Id, MigrationId.Of("demo-m4"), 4, 2, 1);
        var incoming = new IncomingCopy(
            new Fence(1, 4, 2), Spec, "demo/e1-t4-a2", 1, A, AttemptRef.Of(stamp)!, IncomingPhase.Receiving, null);
        CopyMachine.Decide(incoming, new OrderGiven(new FlipNetwork(stamp))).Effects
            .ShouldBe([new TurnNetwork("demo/e1-t4-a2")]);
        var later = CopyMachine.Decide(incoming, new OrderGiven(new FlipNetwork(stamp with { Attempt = 3 })));
        (later.Events.Count, later.Effects.Count).ShouldBe((0, 0));
        CopyMachine.Decide(incoming, new OrderGiven(new FlipNetwork(stamp with { Attempt = 1 }))).Effects
            .ShouldHaveSingleItem().ShouldBeOfType<SendReport>().Report.ShouldBeOfType<OrderRefused>();
        var owned = new OwnedCopy(new Fence(1, 4, 2), Spec, "demo/e1", 1, null, true, false, null, null);
        CopyMachine.Decide(owned, new OrderGiven(new FlipNetwork(stamp))).Effects.ShouldBeEmpty();
        CopyMachine.Decide(NoCopy.Initial, new OrderGiven(new FlipNetwork(stamp))).Effects.ShouldBeEmpty();
    }

    [Fact]
    public void Tunnels_have_numbers_of_their_own_that_are_the_same_everywhere()
    {
        var numbers = Enumerable.Range(1, 1_000)
            .Select(i => NetworkEnds.TunnelOf(MigrationId.Of(string.Create(null, $"vm-m{i}")))).ToList();
        numbers.ShouldAllBe(n => n > 0 && n <= Limits.Network.VniMax);
        numbers.Distinct().Count().ShouldBeGreaterThan(995);
        NetworkEnds.TunnelOf(MigrationId.Of("demo-m4")).ShouldBe(10_215_344);
    }

    private static MigrationRequested Requested(VmSpec spec) => VmMachine.Decide(
        new RunningVm(3, spec, A, 1), new MigrateRequested(B, new MigrationPolicy()) { Network = Ends }, Start).Migration!;

    /// <summary>All orders up to the pause.</summary>
    private static List<SendOrder> Drive(MigrationRequested requested)
    {
        var state = MigrationEvolution.Evolve(MigrationState.Initial, requested);
        var plan = requested.Plan;
        var orders = new List<SendOrder>();
        Step(new Resumed());
        var before = plan.StampOf(0, plan.Epoch);
        Step(new Reported(A, new PrecheckReport(before, Side.Source, [])));
        Step(new Reported(B, new PrecheckReport(before, Side.Target, [])));
        var stamp = plan.StampOf(1, plan.Epoch);
        Step(new Reported(A, new SourceReport(stamp, SourceView.Ready)));
        Step(new Reported(B, new TargetReport(stamp, TargetView.Absent)));
        Step(new Reported(B, new TargetReport(
            stamp, TargetView.Prepared, new TransferOffer(new DataEndpoint("b", 1), "ticket"))));
        Step(new Reported(A, new SourceReport(stamp, SourceView.Sending)));
        Step(new Reported(B, new TargetReport(stamp, TargetView.Receiving)));
        Step(new Reported(A, new SourceReport(stamp, SourceView.Paused)));
        state.Stage.Kind.ShouldBe(StageKind.StopAndCopy);
        Step(new Woken());
        return orders;

        void Step(MigrationInput input)
        {
            var decision = MigrationMachine.Decide(state, input, Start);
            state = decision.Events.Aggregate(state, MigrationEvolution.Evolve);
            orders.AddRange(decision.Effects.OfType<SendOrder>());
        }
    }
}
