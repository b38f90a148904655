using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>What <c>fabric vm wws</c> shows, on live hypervisors.</summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class DirtyingTests(SavedGuest saved)
{
    // QEMU looks at one page in two MiB, so the whole working set of 16 MiB is to be written within an interval.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>All of them.</summary>
    public static TheoryData<string> Hypervisors => AllHypervisors.Data;

    [Theory]
    [MemberData(nameof(Hypervisors))]
    public async Task Guest_that_writes_is_seen_to_write_and_one_that_rests_to_rest(string kind)
    {
        await using var lab = new MachineLab(kind);
        var machine = await lab.RestoreAsync(await saved.StreamAsync(kind));
        using var serial = new SerialPort(machine.Directory.Serial);
        await serial.SendAsync("rate 0");
        var rests = await machine.WatchDirtyingAsync(Interval, default);
        await serial.SendAsync("rate -1");
        var writes = await machine.WatchDirtyingAsync(Interval, default);
        (rests.Interval, writes.Interval).ShouldBe((Interval, Interval));
        writes.Pages.ShouldBeGreaterThan(rests.Pages + 256);
        // Different pages, so no more than there are; QEMU's estimate may be a page in two MiB off.
        writes.Pages.ShouldBeLessThanOrEqualTo(lab.Spec.MemoryKiB / 4 * 2);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Running);
        (await serial.BadPagesAsync()).ShouldBe(0);
    }
}
