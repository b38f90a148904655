using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Tests.Faults;

public sealed class BreakerTests
{
    [Theory]
    [InlineData(FaultVictim.TargetVm, FaultStage.Reservation, true)]
    [InlineData(FaultVictim.TargetVm, FaultStage.ReleasingSource, true)]
    [InlineData(FaultVictim.TargetVm, FaultStage.PreCopy, false)] // while bytes flow
    [InlineData(FaultVictim.TargetVm, FaultStage.StorageSync, false)]
    [InlineData(FaultVictim.TargetNetwork, FaultStage.StopAndCopy, false)] // before the pause
    [InlineData(FaultVictim.SourceNetwork, FaultStage.StopAndCopy, true)]
    public void Migrations_are_held_where_the_break_comes_before_anything_is_done(
        FaultVictim who, FaultStage at, bool held)
    {
        var fault = new FaultCase(who, FaultCase.ActionsOf(who)[0], at, TimeSpan.FromSeconds(5), 1);
        Breaker.NeedsHold(fault, new LabOptions { Hypervisor = HypervisorKind.Qemu, DiskFillBytes = 1 }).ShouldBe(held);
    }

    [Fact]
    public void Nothing_is_held_when_nothing_is_broken_and_storage_sync_is_where_there_is_no_disk()
    {
        Breaker.NeedsHold(null, new LabOptions()).ShouldBeFalse();
        var fault = new FaultCase(FaultVictim.TargetVm, FaultAction.Kill, FaultStage.StorageSync, TimeSpan.Zero, 1);
        Breaker.NeedsHold(fault, new LabOptions()).ShouldBeTrue();
    }
}
