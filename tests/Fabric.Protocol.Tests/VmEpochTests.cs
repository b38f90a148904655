using Fabric.Protocol;

namespace Fabric.Protocol.Tests;

public sealed class VmEpochTests
{
    /// <summary>
    /// Hosts' ledgers remember the epochs of a deleted VM; one of the same name must not begin below them.
    /// </summary>
    [Fact]
    public void A_name_that_is_used_again_goes_on_from_the_last_epoch()
    {
        var spec = new VmSpec { Id = VmId.Of("v1"), MemoryKiB = 131136 };
        var at = DateTimeOffset.UnixEpoch;
        VmEvent[] first =
        [
            new VmCreated(spec, HostId.Of("a"), at), new VmStartOrdered(1, at), new VmStarted(at),
            new VmStopped(null, null, at), new VmDeleted(at), new VmCreated(spec, HostId.Of("b"), at),
        ];
        var again = first.Aggregate((VmState)new NoVm(0), VmMachine.Evolve);
        var decision = VmMachine.Decide(again, new StartRequested(), at);
        decision.Events.OfType<VmStartOrdered>().Single().Epoch.ShouldBe(2);
    }

    /// <summary>What was given up with its host may still run there when the host is back.</summary>
    [Fact]
    public void A_stopped_VM_is_ended_for_certain_when_that_is_forced()
    {
        var stopped = new StoppedVm(
            5, new VmSpec { Id = VmId.Of("v1"), MemoryKiB = 131136 }, HostId.Of("a"), 3, FailureReason.SourceVmDied,
            null);
        var at = DateTimeOffset.UnixEpoch;
        VmMachine.Decide(stopped, new StopRequested(Force: true), at).Effects.OfType<SendLifeOrder>().Single()
            .ShouldBe(new SendLifeOrder(stopped.Owner, new StopVm(Stamp.OfLife(stopped.Spec.Id, 3), true)));
        VmMachine.Decide(stopped, new StopRequested(Force: false), at).Effects.OfType<SendLifeOrder>().ShouldBeEmpty();
    }
}
