namespace Fabric.Protocol.Tests;

/// <summary>When a target's process is replaced, and when its death ends the attempt.</summary>
public sealed class ReplacedTargetTests
{
    private static readonly VmSpec Spec = new() { Id = VmId.Of("v1"), MemoryKiB = 131_136 };
    private static readonly Stamp Stamp = new(VmId.Of("v1"), MigrationId.Of("v1-m4"), 4, 2, 7);
    private static readonly HostId Source = HostId.Of("a");

    [Theory]
    [InlineData(IncomingPhase.Prepared)]
    [InlineData(IncomingPhase.Receiving)]
    public void It_is_noted_under_a_name_of_its_own_before_it_is_started(IncomingPhase phase)
    {
        var before = Incoming(phase);
        var decision = CopyMachine.Decide(before, new MachineVanished("killed", CanRefill: true));
        decision.Events.ShouldBe([new IncomingReplaced("v1/e7-t4-a2-r1", 1, "killed")]);
        decision.Effects[0].ShouldBe(new RefillIncoming(Spec, "v1/e7-t4-a2", "v1/e7-t4-a2-r1", Stamp));
        var after = (IncomingCopy)decision.Events.Aggregate((CopyState)before, CopyEvolution.Evolve);
        (after.Directory, after.Replaced, after.Phase, after.Attempt, after.Fence)
            .ShouldBe(("v1/e7-t4-a2-r1", 1, phase, before.Attempt, before.Fence));
        var told = decision.Effects[1].ShouldBeOfType<SendReport>().Report.ShouldBeOfType<TargetReport>();
        told.View.ShouldBe(phase == IncomingPhase.Prepared ? TargetView.Prepared : TargetView.Receiving);
        told.Detail.ShouldNotBeNull().ShouldEndWith("replaced in this attempt: 1");
    }

    [Theory]
    [InlineData(IncomingPhase.Starting, true)]
    [InlineData(IncomingPhase.Prepared, false)]
    [InlineData(IncomingPhase.Receiving, false)]
    [InlineData(IncomingPhase.Loaded, false)]
    [InlineData(IncomingPhase.Loaded, true)]
    public void Where_it_cannot_be_or_holds_everything_the_attempt_ends(IncomingPhase phase, bool canRefill)
    {
        var decision = CopyMachine.Decide(Incoming(phase), new MachineVanished("killed", canRefill));
        decision.Events.ShouldBe([new IncomingClosed(Stamp, FailureReason.TargetVmDied, "killed", ProcessIsGone: true)]);
        decision.Effects.ShouldContain(new CloseTransfer());
    }

    [Fact]
    public void Each_has_another_name_and_there_are_not_more_than_are_allowed()
    {
        CopyState state = Incoming(IncomingPhase.Receiving);
        var names = new List<string>();
        for (var i = 0; i < Limits.Agent.ReplacementsMax; i++)
        {
            state = Step(state, new MachineVanished("killed", CanRefill: true));
            names.Add(((IncomingCopy)state).Directory);
        }

        names.Distinct(StringComparer.Ordinal).Count().ShouldBe(Limits.Agent.ReplacementsMax);
        Step(state, new MachineVanished("killed", CanRefill: true)).ShouldBeOfType<NoCopy>()
            .Closed!.Reason.ShouldBe(FailureReason.TargetVmDied);
    }

    [Fact]
    public void One_that_could_not_be_filled_ends_the_attempt()
    {
        var state = Step(Incoming(IncomingPhase.Receiving), new MachineVanished("killed", CanRefill: true));
        var decision = CopyMachine.Decide(state, new MachineFailedToStart(FailureReason.TargetVmDied, "not filled"));
        decision.Events.ShouldBe(
            [new IncomingClosed(Stamp, FailureReason.TargetVmDied, "not filled", ProcessIsGone: true)]);
    }

    [Fact]
    public void After_a_restart_of_its_agent_nobody_is_there_to_fill_it()
    {
        var state = Step(Incoming(IncomingPhase.Receiving), new MachineVanished("killed", CanRefill: true));
        Step(state, new CopyRecovered(null)).ShouldBeOfType<NoCopy>();

        // One that waits is ended; the ledger knows where it is.
        var waits = CopyMachine.Decide(state, new CopyRecovered(new MachineLook(RunState.Inmigrate, MigrationPhase.None)));
        waits.Effects.ShouldContain(new KillMachine("v1/e7-t4-a2-r1"));
    }

    [Fact]
    public void A_replaced_one_that_loads_is_granted_as_any_other()
    {
        var state = Step(Incoming(IncomingPhase.Receiving), new MachineVanished("killed", CanRefill: true));
        state = Step(state, new MachineSeen(new MachineLook(RunState.Paused, MigrationPhase.Completed)));
        var decision = CopyMachine.Decide(state, new OrderGiven(new Grant(Stamp with { Epoch = 8 }, Side.Target)));
        decision.Effects[0].ShouldBe(new RunMachine("v1/e7-t4-a2-r1"));
    }

    private static CopyState Step(CopyState state, CopyInput input) =>
        CopyMachine.Decide(state, input).Events.Aggregate(state, CopyEvolution.Evolve);

    private static IncomingCopy Incoming(IncomingPhase phase) => (IncomingCopy)CopyEvolution.Evolve(
        CopyEvolution.Evolve(NoCopy.Initial, new IncomingNoted(Stamp, Spec, "v1/e7-t4-a2", Source)),
        new IncomingSighted(phase, null));
}
