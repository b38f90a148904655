using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>Whole migrations of a real guest between two agents.</summary>
[Trait("Category", "Lab")]
public sealed class MigrationTests
{
    private static readonly VmId Vm = VmId.Of("v1");

    internal static VmSpec Spec() => new()
    {
        Id = Vm,
        MemoryKiB = 131136,
        Kernel = LabEnvironment.Kernel,
        Initrd = LabEnvironment.Initrd,
        Append = "console=ttyS0 quiet panic=-1 nokaslr no_timer_check tsc=reliable random.trust_cpu=on cryptomgr.notests "
            + "mitigations=off initcall_blacklist=init_kprobe_trace,trace_eval_init,crypto_algapi_init "
            + "d.ws=16 d.rate=200 d.mode=sparse d.hb=100",
    };

    [Fact]
    public Task A_running_guest_moves_to_the_other_host_and_back() => RunAsync(async fabric =>
    {
        await fabric.BootAsync(Spec(), "a");
        foreach (var target in new[] { "b", "a" })
        {
            var id = await fabric.MigrateAsync(Vm, target, new MigrationPolicy());
            var events = await fabric.EndAsync(id);
            var end = events.OfType<MigrationEnded>().Single();
            end.Outcome.ShouldBe(MigrationOutcome.Completed, string.Join('\n', events));
            end.Keeper.ShouldBe(Keeper.Target);
            events.OfType<Committed>().Single().Owner.ShouldBe(HostId.Of(target));
            (await fabric.AskAsync<VmState>(EntityKinds.Vm, Vm.Value, Describe.State))
                .ShouldBeOfType<RunningVm>().Owner.ShouldBe(HostId.Of(target));
        }
    });

    private static Task RunAsync(Func<LabFabric, Task> body) =>
        LabFabric.RunAsync(LabEnvironment.Qemu(LabEnvironment.Installed), ["a", "b"], body);
}
