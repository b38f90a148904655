using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>What is broken on the way, on real QEMU, and that an immediate good retry works.</summary>
[Trait("Category", "Lab")]
public sealed class RecoveryTests
{
    /// <summary>
    /// F001: kill -9 the target's QEMU in pre-copy, and then the one that took its place. Another is filled from what is
    /// held, and the same attempt goes on.
    /// </summary>
    [Theory]
    [InlineData(LabEnvironment.Installed)]
    [InlineData(LabEnvironment.Unpacked)]
    public Task Target_killed_twice_in_pre_copy_is_filled_again_and_costs_no_attempt(string qemu) => RunAsync(
        async fabric =>
        {
            var id = await fabric.MigrateAsync(LabGuest.Vm, "b", LabGuest.Slow);
            await fabric.HoldsPagesAsync("b");
            await fabric.KillMachineAsync("b", "e1-");
            await fabric.SaidAsync("another process has everything");
            await fabric.KillMachineAsync("b", Path.GetFileName(fabric.LivingMachines("b").ShouldHaveSingleItem()));
            var events = await fabric.EndAsync(id);
            events.OfType<AttemptAbandoned>().ShouldBeEmpty(Text(events));
            events.OfType<AttemptStarted>().Count().ShouldBe(1);
            Completed(events);
            fabric.LivingMachines("a").ShouldBeEmpty();
            fabric.LivingMachines("b").ShouldHaveSingleItem().ShouldEndWith("-r2");
            GuestCheck.IsClean(fabric, "a", "b");
        },
        qemu);

    /// <summary>F103: cancel while active.</summary>
    [Fact]
    public Task Cancel_in_pre_copy_leaves_the_guest_at_the_source_and_nothing_at_the_target() =>
        RunAsync(async fabric =>
    {
        var id = await fabric.MigrateAsync(LabGuest.Vm, "b", LabGuest.Slow);
        await fabric.SeenAsync<StorageReady>(id);
        var answer = await fabric.AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, new CancelRequested());
        answer.Accepted.ShouldBeTrue(answer.Text);
        var events = await fabric.EndAsync(id);
        var end = events.OfType<MigrationEnded>().Single();
        end.Outcome.ShouldBe(MigrationOutcome.RolledBack, Text(events));
        end.Reason.ShouldBe(FailureReason.Cancelled);
        end.Keeper.ShouldBe(Keeper.Source);
        fabric.LivingMachines("b").ShouldBeEmpty();
        await RetriesWellAsync(fabric);
    });

    /// <summary>F007, F031: an agent goes away in pre-copy; its relay goes with it, its QEMU does not.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public Task An_agent_restarted_in_pre_copy_costs_an_attempt(string agent) => RunAsync(async fabric =>
    {
        var id = await fabric.MigrateAsync(LabGuest.Vm, "b", LabGuest.Slow);
        await fabric.SeenAsync<StorageReady>(id);
        // An agent that is there again before the order to send has come begins as if nothing had been.
        await fabric.SaidAsync($"{id}/1: connection 0 is up");
        await fabric.StopHostAsync(agent);
        await fabric.StartHostAsync(agent);
        var events = await fabric.EndAsync(id);
        Completed(events);
        events.OfType<AttemptStarted>().Count().ShouldBeGreaterThan(1, Text(events));
        fabric.LivingMachines("a").ShouldBeEmpty();
        fabric.LivingMachines("b").Count.ShouldBe(1);
        GuestCheck.IsClean(fabric, "a", "b");
    });

    /// <summary>
    /// Hard case 3: the coordinator goes away; the data plane goes on, and the same attempt completes.
    /// </summary>
    [Fact]
    public Task A_coordinator_restarted_in_pre_copy_costs_no_attempt() => RunAsync(async fabric =>
    {
        var id = await fabric.MigrateAsync(LabGuest.Vm, "b", LabGuest.Slow);
        await fabric.SeenAsync<StorageReady>(id);
        await fabric.StopCoordinatorAsync();
        await fabric.StartCoordinatorAsync();
        var events = await fabric.EndAsync(id);
        Completed(events);
        events.OfType<AttemptStarted>().Count().ShouldBe(1, Text(events));
        GuestCheck.IsClean(fabric, "a", "b");
    });

    /// <summary>F055: an agent that finds its guests running after a restart, and migrates them.</summary>
    [Fact]
    public Task A_restarted_agent_adopts_its_guest_and_migrates_it() => RunAsync(async fabric =>
    {
        await fabric.StopHostAsync("a");
        fabric.LivingMachines("a").Count.ShouldBe(1);
        await fabric.StartHostAsync("a");
        await RetriesWellAsync(fabric);
    });

    private static async Task RetriesWellAsync(LabFabric fabric)
    {
        await Until.TrueAsync(async () =>
            await fabric.AskAsync<VmState>(EntityKinds.Vm, LabGuest.Vm.Value, Describe.State) is RunningVm);
        Completed(await fabric.EndAsync(await fabric.MigrateAsync(LabGuest.Vm, "b", new MigrationPolicy())));
        fabric.LivingMachines("a").ShouldBeEmpty();
        fabric.LivingMachines("b").Count.ShouldBe(1);
        GuestCheck.IsClean(fabric, "a", "b");
    }

    private static void Completed(IReadOnlyList<MigrationEvent> events) =>
        events.OfType<MigrationEnded>().Single().Outcome.ShouldBe(MigrationOutcome.Completed, Text(events));

    private static string Text(IReadOnlyList<MigrationEvent> events) => string.Join('\n', events);

    private static Task RunAsync(Func<LabFabric, Task> body, string qemu = LabEnvironment.Installed) => LabFabric.RunAsync(
        LabEnvironment.Qemu(qemu), ["a", "b"],
        async fabric =>
        {
            await fabric.BootAsync(LabGuest.Spec(), "a");
            await body(fabric);
        });
}
