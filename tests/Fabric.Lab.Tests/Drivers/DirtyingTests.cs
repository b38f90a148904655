using Fabric.Drivers;
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
        await serial.SendAsync("rate -1");
        var writes = await UntilAsync(machine, seen => seen.Pages >= 1024);
        writes.Interval.ShouldBe(Interval);
        // Different pages, so no more than there are; QEMU rounds its estimate.
        writes.Pages.ShouldBeLessThanOrEqualTo(lab.Spec.MemoryKiB / 4);
        await serial.SendAsync("rate 0");
        (await UntilAsync(machine, seen => seen.Pages < 1024)).Interval.ShouldBe(Interval);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Running);
        (await serial.BadPagesAsync()).ShouldBe(0);
    }

    /// <summary>The next interval may still hold what was before the command, and an estimate may miss what little there is.</summary>
    private static async Task<DirtyingSeen> UntilAsync(IMachine machine, Func<DirtyingSeen, bool> isSo)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var seen = await machine.WatchDirtyingAsync(Interval, guard.Token);
            if (isSo(seen))
                return seen;
        }
    }
}
