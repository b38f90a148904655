using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>
/// Bad input: a clear reason before anything moves, the VM untouched, and the next good request works.
/// </summary>
[Trait("Category", "Lab")]
public sealed class RefusalTests
{
    [Fact]
    public Task What_cannot_be_migrated_is_refused_and_the_guest_runs_on() => LabFabric.RunAsync(
        LabEnvironment.Qemu(LabEnvironment.Installed), ["a", "b"],
        async fabric =>
        {
            await fabric.BootAsync(LabGuest.Spec(), "a");
            await SameHostIsRefusedAsync(fabric);
            await MissingMemoryIsRefusedAsync(fabric);
            await SecondMigrationIsRefusedAsync(fabric);
            fabric.LivingMachines("a").Count.ShouldBe(0);
            fabric.LivingMachines("b").Count.ShouldBe(1);
            GuestCheck.IsClean(fabric, "a", "b");
        },
        more: new Dictionary<string, string>(StringComparer.Ordinal) { ["c"] = "memory-limit = 64 MiB" });

    /// <summary>A device that QEMU refuses, an image that is missing, a size that 7.2 would corrupt.</summary>
    [Fact]
    public Task A_machine_that_QEMU_cannot_run_is_stopped_with_the_reason() => LabFabric.RunAsync(
        LabEnvironment.Qemu(LabEnvironment.Installed), ["a"],
        async fabric =>
        {
            var spec = LabGuest.Spec();
            await StartsNotAsync(
                fabric, spec with { Id = VmId.Of("d"), Devices = ["no-such-device"] }, FailureReason.HypervisorUnfit);
            await StartsNotAsync(
                fabric, spec with { Id = VmId.Of("k"), Kernel = "/no/such/kernel" }, FailureReason.ImageMissing);
            await StartsNotAsync(
                fabric, spec with { Id = VmId.Of("m"), MemoryKiB = 131072 }, FailureReason.MemorySizeCorrupts);
            fabric.LivingMachines("a").ShouldBeEmpty();
        });

    private static async Task StartsNotAsync(LabFabric fabric, VmSpec spec, FailureReason reason)
    {
        (await fabric.AskAsync<VmReply>(EntityKinds.Vm, spec.Id.Value,
            new CreateVm(spec, HostId.Of("a")))).Refusal.ShouldBeNull();
        (await fabric.AskAsync<VmReply>(EntityKinds.Vm, spec.Id.Value, new StartRequested())).Refusal.ShouldBeNull();
        StoppedVm? stopped = null;
        await Until.TrueAsync(async () =>
        {
            stopped = await fabric.AskAsync<VmState>(EntityKinds.Vm, spec.Id.Value, Describe.State) as StoppedVm;
            return stopped?.Reason is not null;
        });
        stopped!.Reason.ShouldBe(reason, stopped.Detail);
    }

    private static async Task SameHostIsRefusedAsync(LabFabric fabric)
    {
        var reply = await fabric.AskAsync<VmReply>(
            EntityKinds.Vm, LabGuest.Vm.Value, new MigrateRequested(HostId.Of("a"), new MigrationPolicy()));
        reply.Refusal!.Reason.ShouldBe(FailureReason.SameHost);
    }

    private static async Task MissingMemoryIsRefusedAsync(LabFabric fabric)
    {
        await fabric.StartHostAsync("c");
        var events = await fabric.EndAsync(await fabric.MigrateAsync(LabGuest.Vm, "c", new MigrationPolicy()));
        var end = events.OfType<MigrationEnded>().Single();
        (end.Outcome, end.Reason, end.Keeper).ShouldBe(
            (MigrationOutcome.Refused, FailureReason.MemoryShort, Keeper.Source), end.Detail);
        await Until.TrueAsync(async () =>
            await fabric.AskAsync<VmState>(EntityKinds.Vm, LabGuest.Vm.Value, Describe.State) is RunningVm);
    }

    private static async Task SecondMigrationIsRefusedAsync(LabFabric fabric)
    {
        var id = await fabric.MigrateAsync(LabGuest.Vm, "b", LabGuest.Slow);
        var second = await fabric.AskAsync<VmReply>(
            EntityKinds.Vm, LabGuest.Vm.Value, new MigrateRequested(HostId.Of("c"), new MigrationPolicy()));
        second.Refusal!.Reason.ShouldBe(FailureReason.AlreadyMigrating);
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single().Outcome.ShouldBe(MigrationOutcome.Completed);
    }
}
