using System.Text.Json.Nodes;
using Fabric.Drivers.Disks;
using Fabric.Lab.Tests.Drivers;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Disks;

/// <summary>A disk's copy between two real QEMUs, whose guest's writes wait for the target in the end.</summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class SynchronousCopyTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    public static TheoryData<string, DiskFormat> Kinds => DiskCopyTests.Kinds;

    private static CancellationToken Guard => new CancellationTokenSource(HangGuard).Token;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Each_write_is_at_the_target_when_the_guest_hears_of_it(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        var line = new CountedStream.Line();
        await using var copy = Copy(lab, line);
        await copy.ReadyAsync(Guard);
        copy.Progress.IsSynchronous.ShouldBeTrue();
        var before = line.Sent;
        await lab.WriteAsync(7, 5 << 20, 3 << 20);
        (line.Sent - before).ShouldBeInRange(3 << 20, (3 << 20) + (4 << 10));
        await lab.WriteAsync(8, (60 << 20) + 70_000, 100);
        await lab.ZeroAsync(41 << 20, 2 << 20);
        await lab.DiscardAsync(1 << 20, 1 << 20);
        (line.Sent - before).ShouldBeInRange(3 << 20, (3 << 20) + (8 << 10));
        before = line.Sent;
        await copy.FinishAsync(Guard);
        (line.Sent - before).ShouldBeLessThan(4 << 10);
        await IsGoneAsync(lab);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Writes_into_what_is_being_copied_do_not_get_lost(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        await using (var copy = lab.Copy(new CountedStream.Line()))
            await copy.FinishAsync(Guard);
        // 24 MiB that a round is to copy while the guest writes into them, from the front and from the back.
        await lab.WriteAsync(3, 0, 24 << 20);
        await using var second = Copy(lab, new CountedStream.Line());
        for (byte i = 0; !second.Progress.IsReady; i++)
        {
            var at = i % 2 == 0 ? i * (64L << 10) : (24L << 20) - ((i + 1) * (64L << 10));
            await lab.WriteAsync((byte)(10 + i), at, 100_000);
        }

        await second.FinishAsync(Guard);
        await IsGoneAsync(lab);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Line_that_stalls_holds_writes_up_for_a_while_and_the_next_copy_goes_on(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        var notes = new System.Collections.Concurrent.ConcurrentQueue<string>();
        // Behind the copy and the first write: 32 MiB and 1.
        var stalled = new CountedStream.Line { StallAfter = 33L << 20 };
        await using (var copy = Copy(lab, stalled, notes.Enqueue))
        {
            await copy.ReadyAsync(Guard);
            await lab.WriteAsync(5, 48 << 20, 4 << 20);
            await stalled.Reached;
            await Until.TrueAsync(async () => (await MirrorsAsync(lab)).Count == 0);
            notes.ShouldContain(n => n.Contains("do not wait for the target any more", StringComparison.Ordinal));
            await lab.WriteAsync(6, 0, 1 << 20);
            stalled.Cut();
            await copy.StopAsync(Guard);
        }

        await using var second = Copy(lab, new CountedStream.Line());
        await second.FinishAsync(Guard);
        await IsGoneAsync(lab);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Copy_that_is_stopped_leaves_nothing_and_the_next_one_goes_on(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        await using (var copy = Copy(lab, new CountedStream.Line()))
        {
            await copy.ReadyAsync(Guard);
            await lab.WriteAsync(5, 48 << 20, 1 << 20);
            await copy.StopAsync(Guard);
            await IsGoneAsync(lab);
        }

        await lab.WriteAsync(6, 50 << 20, 1 << 20);
        var line = new CountedStream.Line();
        await using var second = Copy(lab, line);
        await second.FinishAsync(Guard);
        line.Sent.ShouldBeInRange(2 << 20, 3 << 20);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Guest_that_is_rolled_back_after_the_end_is_counted_on(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        await using (var copy = Copy(lab, new CountedStream.Line()))
        {
            await copy.ReadyAsync(Guard);
            await lab.WriteAsync(5, 48 << 20, 4 << 20);
            await copy.FinishAsync(Guard);
        }

        await lab.WriteAsync(6, 50 << 20, 1 << 20);
        var line = new CountedStream.Line();
        await using var second = lab.Copy(line);
        await second.FinishAsync(Guard);
        line.Sent.ShouldBeInRange(1 << 20, 2 << 20);
        await lab.ShouldBeEqualAsync();
    }

    private static DiskCopy Copy(DiskLab lab, CountedStream.Line line, Action<string>? note = null) => lab.Copy(
        line, new DiskCopyOptions { MirrorSocket = Path.Combine(lab.Root, "sync.sock"), Note = note });

    private static async Task<List<string>> MirrorsAsync(DiskLab lab)
    {
        var jobs = await lab.AskSourceAsync("query-jobs");
        var nodes = await lab.AskSourceAsync("query-named-block-nodes", new JsonObject { ["flat"] = true });
        return
        [
            .. jobs.EnumerateArray().Select(j => j.GetProperty("id").GetString()!),
            .. nodes.EnumerateArray().Select(n => n.GetProperty("drv").GetString()!).Where(d => d is "nbd" or "mirror_top"),
        ];
    }

    private static async Task IsGoneAsync(DiskLab lab)
    {
        (await MirrorsAsync(lab)).ShouldBeEmpty();
        (await lab.Source.Disks!.OffersAsync(DiskLab.Disk, default)).ShouldBeEmpty();
        File.Exists(Path.Combine(lab.Root, "sync.sock")).ShouldBeFalse();
    }
}
