namespace Fabric.Protocol.Tests;

/// <summary>
/// Ending the process of a guest that ended may fail. It is tried again before anything else of the VM is started, and
/// whenever the coordinator is there again. (Found by the simulator: a second process at the disks of the first.)
/// </summary>
public sealed class LeftoverTests
{
    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly VmSpec Spec = new() { Id = Vm, MemoryKiB = 131_136 };

    private static readonly EndedCopy Ended = new(
        new Fence(3, 0, 0), Spec, "v1/e3", 3, null, LifeView.Stopped, null, null, null);

    [Fact]
    public void A_start_first_ends_what_an_earlier_life_left() => KillsBefore<StartMachine>(
        new StartVm(Stamp.OfLife(Vm, 4), Spec));

    [Fact]
    public void A_preparation_first_ends_what_an_earlier_life_left() => KillsBefore<StartIncoming>(
        new PrepareTarget(new Stamp(Vm, MigrationId.Of("v1-m9"), 9, 1, 4), Spec, HostId.Of("b")));

    [Fact]
    public void What_is_left_is_ended_when_the_coordinator_is_there_again() =>
        CopyMachine.Decide(Ended, new LinkCameUp()).Effects.OfType<KillMachine>().ShouldHaveSingleItem().Directory.ShouldBe("v1/e3");

    /// <summary>A target that ran and died, and an operator who let the source's copy run.</summary>
    [Fact]
    public void Disks_of_a_target_that_ran_and_died_go_when_a_later_owner_is_proved()
    {
        var died = Ended with { Spec = WithDisk };
        var decision = CopyMachine.Decide(died, new OrderGiven(new DiscardTarget(new Stamp(Vm, MigrationId.Of("v1-m9"), 9, 1, 4))));
        decision.Effects.OfType<KillMachine>().ShouldHaveSingleItem().RemoveDisksOf.ShouldBe(WithDisk);
        decision.Effects.OfType<SendReport>().ShouldBeEmpty("it is gone when they are");
        CopyEvolution.Evolve(died, decision.Events[0]).ShouldBeOfType<ClosingCopy>();
    }

    /// <summary>
    /// A target whose host was declared gone, wrongly, and that comes back after the source's copy was let run: for a moment
    /// there are two, by a person's word; the order to discard proves a later owner, and this one ends.
    /// </summary>
    [Fact]
    public void Guest_of_an_older_epoch_is_ended_when_a_later_owner_is_proved()
    {
        var runs = new OwnedCopy(
            new Fence(2, 9, 1), WithDisk, "v1/m9-1", 2, new AttemptRef(MigrationId.Of("v1-m9"), 9, 1), true, false, null, null);
        var order = new Stamp(Vm, MigrationId.Of("v1-m9"), 9, 1, 3);
        var decision = CopyMachine.Decide(runs, new OrderGiven(new DiscardTarget(order)));
        decision.Effects.OfType<KillMachine>().ShouldHaveSingleItem().RemoveDisksOf.ShouldBe(WithDisk);
        CopyEvolution.Evolve(runs, decision.Events[0]).ShouldBeOfType<ClosingCopy>();

        CopyMachine.Decide(runs, new OrderGiven(new DiscardTarget(order with { Epoch = 2 }))).Effects.OfType<KillMachine>()
            .ShouldBeEmpty("its own epoch proves nobody later");
    }

    [Fact]
    public void Disks_of_one_that_ended_under_the_same_epoch_stay()
    {
        var order = new DiscardTarget(new Stamp(Vm, MigrationId.Of("v1-m9"), 9, 1, 3));
        CopyMachine.Decide(Ended with { Spec = WithDisk }, new OrderGiven(order)).Effects.OfType<KillMachine>()
            .ShouldAllBe(k => k.RemoveDisksOf == null);
    }

    private static readonly VmSpec WithDisk = Spec with
    {
        Disks = [new DiskSpec { Id = DiskId.Of("root"), File = "v1.img", Format = DiskFormat.Raw, Place = DiskPlace.Local }],
    };

    private static void KillsBefore<T>(Order order)
        where T : CopyEffect
    {
        var effects = CopyMachine.Decide(Ended, new OrderGiven(order)).Effects.ToList();
        effects[0].ShouldBe(new KillMachine("v1/e3"));
        effects.FindIndex(e => e is T).ShouldBeGreaterThan(0);
    }
}
