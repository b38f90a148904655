using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>Whole migrations of a real guest between two agents.</summary>
[Trait("Category", "Lab")]
public sealed class MigrationTests
{
    [Fact]
    public Task A_running_guest_moves_to_the_other_host_and_back() => RunAsync(async fabric =>
    {
        await fabric.BootAsync(LabGuest.Spec(), "a");
        foreach (var target in new[] { "b", "a" })
        {
            var id = await fabric.MigrateAsync(LabGuest.Vm, target, new MigrationPolicy());
            var events = await fabric.EndAsync(id);
            var end = events.OfType<MigrationEnded>().Single();
            end.Outcome.ShouldBe(MigrationOutcome.Completed, string.Join('\n', events));
            end.Keeper.ShouldBe(Keeper.Target);
            events.OfType<Committed>().Single().Owner.ShouldBe(HostId.Of(target));
            (await fabric.AskAsync<VmState>(EntityKinds.Vm, LabGuest.Vm.Value, Describe.State))
                .ShouldBeOfType<RunningVm>().Owner.ShouldBe(HostId.Of(target));
        }
    });

    private static Task RunAsync(Func<LabFabric, Task> body) =>
        LabFabric.RunAsync(LabEnvironment.Qemu(LabEnvironment.Installed), ["a", "b"], body);
}
