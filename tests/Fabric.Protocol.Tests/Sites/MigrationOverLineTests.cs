namespace Fabric.Protocol.Tests.Sites;

/// <summary>What a migration does with what the link between its sites has for it.</summary>
public sealed class MigrationOverLineTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MigrationPlan Plan = new(
        MigrationId.Of("demo-m4"), HostId.Of("host-a"), HostId.Of("host-b"), 1, 4,
        new VmSpec { Id = VmId.Of("demo"), MemoryKiB = 131136 }, new MigrationPolicy());

    private static readonly LineSight Waits = new("east - west", Admitted: false, Share: 0, Before: 2);
    private static readonly LineSight Has = new("east - west", Admitted: true, Share: 5_000_000, Before: 0);

    private static readonly LineSight Down = Waits with { State = LineState.Down, Held = true };

    private MigrationState _state = MigrationEvolution.Evolve(MigrationState.Initial, new MigrationRequested(Plan, Start));
    private DateTimeOffset _now = Start;

    [Fact]
    public void Nothing_moves_before_it_has_a_place_and_then_it_goes_on_by_itself()
    {
        Step(new Resumed());
        Step(new LineSeen(Waits));
        Prechecked();
        _state.Stage.Kind.ShouldBe(StageKind.PreMigration);
        _now += TimeSpan.FromMinutes(10);
        Step(new Woken());
        _state.Stage.Kind.ShouldBe(StageKind.PreMigration);
        Step(new LineSeen(Has)).Events.OfType<AttemptStarted>().ShouldHaveSingleItem();
        _state.Stage.Kind.ShouldBe(StageKind.Reservation);
    }

    [Fact]
    public void Who_waits_past_the_deadline_is_refused_with_the_reason()
    {
        Step(new Resumed());
        Step(new LineSeen(Waits));
        Prechecked();
        _now += TimeSpan.FromMilliseconds(Plan.Policy.DeadlineMs);
        var ended = Step(new Woken()).Events.OfType<MigrationEnded>().ShouldHaveSingleItem();
        (ended.Outcome, ended.Reason, ended.Keeper).ShouldBe(
            (MigrationOutcome.Refused, FailureReason.DeadlineExceeded, Keeper.Source));
        ended.Detail!.ShouldContain("east - west");
    }

    [Fact]
    public void Who_waits_can_be_cancelled()
    {
        Step(new Resumed());
        Step(new LineSeen(Waits));
        Prechecked();
        Step(new CancelRequested()).Events.OfType<MigrationEnded>().ShouldHaveSingleItem()
            .Reason.ShouldBe(FailureReason.Cancelled);
        LineClaim.Of(_state).ShouldBeNull();
    }

    [Fact]
    public void Source_is_told_its_share_when_it_begins_and_whenever_it_is_another()
    {
        var begin = ToPreCopy();
        begin.LineShare.ShouldBe(Has.Share);
        LineClaim.Of(_state).ShouldBe(new LineClaim(Plan.Id, Start, Holds: true, Sends: true, Wanted: 0));
        Adjusted(Step(new LineSeen(Has with { Share = 1_000_000 }))).ShouldBe(1_000_000);
        // The same again is no news; a wake-up says it again all the same, for the order may have been lost.
        Orders(Step(new LineSeen(Has with { Share = 1_000_000 }))).ShouldBeEmpty();
        Report(new SourceReport(Stamp, SourceView.Sending));
        Adjusted(Step(new Woken())).ShouldBe(1_000_000);
    }

    [Fact]
    public void A_coordinator_that_has_just_begun_does_not_lift_what_its_source_was_told()
    {
        ToPreCopy();
        _state = _state with { Line = null };
        Step(new Resumed());
        Step(new LineSeen(Waits));
        Report(new SourceReport(Stamp, SourceView.Sending));
        Report(new TargetReport(Stamp, TargetView.Receiving));
        Orders(Step(new Woken())).OfType<AdjustTransfer>().ShouldBeEmpty();
        Orders(Step(new TransferAsked(new TransferChange(BandwidthMax: 9_000_000)))).OfType<AdjustTransfer>()
            .ShouldHaveSingleItem().LineShare.ShouldBeNull();
        Adjusted(Step(new LineSeen(Has))).ShouldBe(Has.Share);
    }

    [Fact]
    public void Over_a_link_that_is_down_nothing_begins_and_nothing_is_refused_until_it_is_up()
    {
        Step(new Resumed());
        Step(new LineSeen(Down));
        // Its target cannot be heard; in one site it would be refused after half a minute.
        Report(new PrecheckReport(Stamp, Side.Source, []));
        for (var i = 0; i < 10; i++)
        {
            _now += TimeSpan.FromMinutes(1);
            Orders(Step(new Woken())).ShouldBeEmpty("who cannot be reached is not asked");
            _state.Stage.Kind.ShouldBe(StageKind.PreMigration);
        }

        Step(new LineSeen(Has with { State = LineState.Up, TimeoutMs = 250 }));
        _state.Stage.Kind.ShouldBe(StageKind.PreMigration);
        _now += TimeSpan.FromSeconds(1);
        Orders(Step(new Woken())).OfType<Precheck>().ShouldHaveSingleItem().Side.ShouldBe(Side.Target);
        Step(new Reported(Plan.Target, new PrecheckReport(Stamp, Side.Target, []))).Events.OfType<AttemptStarted>()
            .ShouldHaveSingleItem().LineTimeoutMs.ShouldBe(250);
    }

    [Fact]
    public void Target_that_is_silent_on_a_link_that_is_up_again_is_waited_for_as_if_it_were_asked_first()
    {
        Step(new Resumed());
        Step(new LineSeen(Down));
        _now += TimeSpan.FromMinutes(10);
        Step(new LineSeen(Has));
        _now += TimeSpan.FromMilliseconds(Plan.Policy.HostReturnMs - 1);
        Step(new Woken()).Events.ShouldBeEmpty();
        _now += TimeSpan.FromMilliseconds(1);
        Step(new Woken()).Events.OfType<MigrationEnded>().ShouldHaveSingleItem()
            .Reason.ShouldBe(FailureReason.PrecheckTimedOut);
    }

    [Fact]
    public void Coordinator_that_begins_again_while_the_link_is_down_refuses_nothing()
    {
        Step(new Resumed());
        Step(new LineSeen(Down));
        _now += TimeSpan.FromMinutes(10);
        _state = _state with { Line = null, AskedSince = null };
        Step(new Resumed()).Events.OfType<MigrationEnded>().ShouldBeEmpty();
        _state.Stage.Kind.ShouldBe(StageKind.PreMigration);
    }

    [Fact]
    public void Who_waits_for_a_link_past_the_deadline_is_refused_and_told_why()
    {
        Step(new Resumed());
        Step(new LineSeen(Down));
        _now += TimeSpan.FromMilliseconds(Plan.Policy.DeadlineMs);
        var ended = Step(new Woken()).Events.OfType<MigrationEnded>().ShouldHaveSingleItem();
        (ended.Outcome, ended.Reason, ended.Keeper, ended.Detail).ShouldBe((
            MigrationOutcome.Refused, FailureReason.DeadlineExceeded, Keeper.Source,
            "the link east - west was Down until then"));
    }

    [Fact]
    public void Link_that_goes_down_stops_nothing_that_is_under_way()
    {
        ToPreCopy();
        Report(new SourceReport(Stamp, SourceView.Sending));
        Report(new TargetReport(Stamp, TargetView.Receiving));
        Step(new LineSeen(Down with { Admitted = true, Share = Has.Share })).Effects.ShouldBeEmpty();
        _now += TimeSpan.FromMinutes(1);
        Step(new Woken()).Events.ShouldBeEmpty();
        _state.Stage.Kind.ShouldBe(StageKind.PreCopy);
    }

    [Fact]
    public void Next_attempt_waits_for_the_link_and_the_guest_runs_meanwhile()
    {
        ToPreCopy();
        Step(new LineSeen(Down with { Admitted = true }));
        Report(new SourceReport(Stamp, SourceView.Failed, FailureReason.DataLinkLost));
        Report(new TargetReport(Stamp, TargetView.Gone));
        for (var i = 0; i < 10; i++)
        {
            _now += TimeSpan.FromMinutes(1);
            Step(new Woken()).Events.OfType<AttemptStarted>().ShouldBeEmpty();
            _state.Stage.Kind.ShouldBe(StageKind.RollingBack);
        }

        Step(new LineSeen(Has with { TimeoutMs = 400 })).Events.OfType<AttemptStarted>()
            .ShouldHaveSingleItem().ShouldSatisfyAllConditions(a => a.Attempt.ShouldBe(2), a => a.LineTimeoutMs.ShouldBe(400));
    }

    [Fact]
    public void Times_of_an_attempt_are_those_that_its_link_asks_for_and_the_journal_alone_says_them()
    {
        Step(new Resumed());
        Step(new LineSeen(Has with { TimeoutMs = 5_000 }));
        Prechecked();
        Report(new SourceReport(Stamp, SourceView.Ready));
        // The target is away for longer than is configured, and not for as long as the link takes.
        Step(new HostLost(Side.Target));
        var away = _now;
        _now = away + TimeSpan.FromMilliseconds(Plan.Policy.HostReturnMs);
        Step(new Woken()).Events.ShouldBeEmpty();
        var again = MigrationEvolution.Evolve(
            MigrationEvolution.Evolve(MigrationState.Initial, new MigrationRequested(Plan, Start)),
            new AttemptStarted(1, Start) { LineTimeoutMs = 5_000 });
        again.LineTimeoutMs.ShouldBe(_state.LineTimeoutMs);
        // What is measured later changes nothing of an attempt that has begun.
        Step(new LineSeen(Has with { TimeoutMs = 200 }));
        Step(new Woken()).Events.ShouldBeEmpty();
        _now = away + TimeSpan.FromMilliseconds(Limits.Sites.ReturnTimeouts * 5_000);
        Step(new Woken()).Events.OfType<AttemptAbandoned>().ShouldHaveSingleItem()
            .Reason.ShouldBe(FailureReason.TargetUnreachable);
    }

    [Theory]
    [InlineData(null, 1_000, 10_000, 30_000, 60_000)]
    [InlineData(250, 1_000, 10_000, 30_000, 60_000)]
    [InlineData(3_000, 6_000, 48_000, 72_000, 192_000)]
    [InlineData(int.MaxValue, 120_000, 960_000, 1_440_000, 3_840_000)]
    public void Times_are_what_is_configured_or_what_the_path_needs(
        int? timeoutMs, long order, long fence, long comesBack, long switchover)
    {
        var times = new WanTimes(new MigrationPolicy(), timeoutMs);
        (times.OrderRetryMs, times.FenceWaitMs, times.HostReturnMs, times.SwitchoverTimeoutMs)
            .ShouldBe((order, fence, comesBack, switchover));
    }

    [Fact]
    public void Nothing_of_it_is_in_the_journal()
    {
        var decision = Step(new LineSeen(Has));
        decision.Events.ShouldHaveSingleItem().ShouldBeAssignableTo<SightEvent>();
        Step(new LineSeen(Has)).Events.ShouldBeEmpty();
    }

    private Stamp Stamp => ((Begun)_state.Stage).Stamp;

    private BeginTransfer ToPreCopy()
    {
        Step(new Resumed());
        Step(new LineSeen(Has));
        Prechecked();
        Report(new SourceReport(Stamp, SourceView.Ready));
        return Report(new TargetReport(
            Stamp, TargetView.Prepared, new TransferOffer(new DataEndpoint("10.0.0.2", 7601), "ticket")))
            .OfType<BeginTransfer>().ShouldHaveSingleItem();
    }

    private void Prechecked()
    {
        Report(new PrecheckReport(Stamp, Side.Source, []));
        Report(new PrecheckReport(Stamp, Side.Target, []));
    }

    private Order[] Report(Report report) => Orders(Step(new Reported(
        report is SourceReport or PrecheckReport { Side: Side.Source } ? Plan.Source : Plan.Target, report)));

    private static Order[] Orders(MigrationDecision decision) =>
        [.. decision.Effects.OfType<SendOrder>().Select(s => s.Order)];

    private static long? Adjusted(MigrationDecision decision) =>
        Orders(decision).OfType<AdjustTransfer>().ShouldHaveSingleItem().LineShare;

    private MigrationDecision Step(MigrationInput input)
    {
        var decision = MigrationMachine.Decide(_state, input, _now);
        _state = decision.Events.Aggregate(_state, MigrationEvolution.Evolve);
        return decision;
    }
}
