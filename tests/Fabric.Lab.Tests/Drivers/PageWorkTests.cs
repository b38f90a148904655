using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>Guests of every hypervisor through page work: the guest's own check of each of its pages is the judge.</summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class PageWorkTests(SavedGuest saved)
{
    private static readonly TransferPolicy Slow = new(40_000_000, 300);

    // Slow enough to be killed in its first round.
    private static readonly TransferPolicy Endless = new(20_000_000, 1);

    /// <summary>All of them.</summary>
    public static TheoryData<string> Hypervisors => AllHypervisors.Data;

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task A_running_guest_goes_over_in_fewer_bytes_and_is_clean(string kind)
    {
        await using var lab = new MachineLab(kind);
        var stores = Stores(lab, "b", keep: false);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        var (target, relays) = await MoveAsync(lab, source, null, stores);
        await using (relays)
            relays.Source.Traffic.Wire.ShouldBeLessThan(relays.Source.Traffic.Forward * 2 / 3);
        await CleanAsync(target);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task After_a_target_died_the_next_attempt_sends_what_is_missing(string kind)
    {
        await using var lab = new MachineLab(kind);
        var stores = Stores(lab, "b", keep: false);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        await using (var events = new EventLog(source))
        {
            var (doomed, socket) = await lab.ListenAsync();
            await using var relays = new RelayPair(lab, socket, null, stores.For(lab.Spec.Id, "m/1"));
            await source.BeginOutgoingAsync(relays.SourceSocket, Endless, default);
            await events.UntilAsync<ProgressMade>(e => e.Progress.TransferredBytes > 40_000_000);
            await doomed.KillAsync(default);

            // An agent that has no other process ends the transfer; left alone the relay waits for one.
            await relays.Target.AbortAsync(AbortReason.TargetClosed);
            await relays.EndsAsync();
            await events.UntilPhaseAsync(MigrationPhase.Failed);
        }

        var (target, second) = await MoveAsync(lab, source, null, stores);
        await using (second)
        {
            second.Source.PageWork.Unchanged.ShouldBeGreaterThan(1_000);
            second.Source.Traffic.Wire.ShouldBeLessThan(second.Source.Traffic.Forward / 4);
        }

        await CleanAsync(target);
    }

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task A_guest_that_comes_back_to_a_kept_checkpoint_moves_cheaply(string kind)
    {
        await using var lab = new MachineLab(kind);
        var (here, there) = (Stores(lab, "a", keep: true), Stores(lab, "b", keep: true));
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        var (away, first) = await MoveAsync(lab, source, here, there);
        var wire = first.Source.Traffic.Wire;
        await first.DisposeAsync();
        await CleanAsync(away);
        var (back, second) = await MoveAsync(lab, away, there, here);
        await using (second)
            second.Source.Traffic.Wire.ShouldBeLessThan(wire / 2);
        await CleanAsync(back);
    }

    private static PageStores Stores(MachineLab lab, string host, bool keep) =>
        new(new PageStoreOptions { Directory = Path.Combine(lab.Root, host), Keep = keep });

    private static async Task<(QemuMachine Target, RelayPair Relays)> MoveAsync(
        MachineLab lab, QemuMachine source, PageStores? from, PageStores to)
    {
        await using var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync();
        await using var targetEvents = new EventLog(target);
        var relays = new RelayPair(lab, socket, from?.For(lab.Spec.Id, "m/2"), to.For(lab.Spec.Id, "m/2"));
        await source.BeginOutgoingAsync(relays.SourceSocket, Slow, default);
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await source.ContinueSwitchoverAsync(default);
        await events.UntilPhaseAsync(MigrationPhase.Completed);
        await targetEvents.UntilRunAsync(RunState.Paused);
        await target.ContinueAsync(default);
        var (sourceEnd, targetEnd) = await relays.EndsAsync();
        (sourceEnd.End, targetEnd.End).ShouldBe((RelayEnd.Completed, RelayEnd.Completed), sourceEnd.Detail);
        return (target, relays);
    }

    private static async Task CleanAsync(QemuMachine machine)
    {
        using var serial = new SerialPort(machine.Directory.Serial);
        (await serial.BadPagesAsync()).ShouldBe(0);
    }
}
