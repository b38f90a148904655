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

    private static void KillsBefore<T>(Order order)
        where T : CopyEffect
    {
        var effects = CopyMachine.Decide(Ended, new OrderGiven(order)).Effects.ToList();
        effects[0].ShouldBe(new KillMachine("v1/e3"));
        effects.FindIndex(e => e is T).ShouldBeGreaterThan(0);
    }
}
