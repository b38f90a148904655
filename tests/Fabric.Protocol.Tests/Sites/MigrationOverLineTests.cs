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
