using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Lab.Tests.Drivers;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Disks;

/// <summary>A disk's copy between two real QEMUs.</summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class DiskCopyTests
{
    private const long Data = 32L << 20;

    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    public static TheoryData<string, DiskFormat> Kinds => new()
    {
        { LabEnvironment.Installed, DiskFormat.Raw },
        { LabEnvironment.Installed, DiskFormat.Qcow2 },
        { LabEnvironment.Unpacked, DiskFormat.Raw },
        { LabEnvironment.Unpacked, DiskFormat.Qcow2 },
    };

    private static CancellationToken Guard => new CancellationTokenSource(HangGuard).Token;

    // The flush of a checkpoint is asked for before more than a window is sent after it, so it comes through.
    private static async Task FirstCheckpointAsync(DiskCopy copy, CountedStream.Line line)
    {
        await line.Reached;
        await Until.TrueAsync(() => Task.FromResult(copy.Progress.PositionBytes >= Limits.Disks.CheckpointBytes));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Copy_with_writes_in_between_is_equal_and_sends_each_byte_about_once(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        var line = new CountedStream.Line();
        await using var copy = lab.Copy(line);
        await copy.ReadyAsync(Guard);
        await lab.WriteAsync(7, 5 << 20, 3 << 20);
        await lab.WriteAsync(8, 60 << 20, 1 << 20);
        await lab.ZeroAsync(41 << 20, 2 << 20);
        await copy.FinishAsync(Guard);
        line.Sent.ShouldBeInRange(Data + (4 << 20), Data + (4 << 20) + (64 << 10));
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Cut_copy_goes_on_from_where_it_was(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        var cut = new CountedStream.Line { StallAfter = 28L << 20 };
        await using (var copy = lab.Copy(cut))
        {
            await FirstCheckpointAsync(copy, cut);
            cut.Cut();
            (await Should.ThrowAsync<DiskCopyException>(() => copy.ReadyAsync(Guard))).Fault.ShouldBe(DiskCopyFault.TargetLost);
        }

        await lab.WriteAsync(9, 1 << 20, 64 << 10);
        var rest = new CountedStream.Line();
        await using var second = lab.Copy(rest);
        await second.FinishAsync(Guard);
        second.Progress.ResumedAt.ShouldNotBeNull().PositionBytes.ShouldBeGreaterThanOrEqualTo(Limits.Disks.CheckpointBytes);
        rest.Sent.ShouldBeLessThan(Data - Limits.Disks.CheckpointBytes + (1 << 20));
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Target_killed_in_the_middle_keeps_what_was_counted(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        var stalled = new CountedStream.Line { StallAfter = 28L << 20 };
        var image = lab.Image;
        await using (var copy = lab.Copy(stalled))
        {
            await FirstCheckpointAsync(copy, stalled);
            await lab.Target.KillAsync(default);
            (await Should.ThrowAsync<DiskCopyException>(() => copy.ReadyAsync(Guard))).Fault.ShouldBe(DiskCopyFault.TargetLost);
        }

        await lab.StartTargetAsync();
        lab.Image.ShouldBe(image);
        var rest = new CountedStream.Line();
        await using var second = lab.Copy(rest);
        await second.FinishAsync(Guard);
        second.Progress.ResumedAt.ShouldNotBeNull().PositionBytes.ShouldBeGreaterThanOrEqualTo(Limits.Disks.CheckpointBytes);
        rest.Sent.ShouldBeLessThan(Data - Limits.Disks.CheckpointBytes + (1 << 20));
        await lab.ShouldBeEqualAsync();
    }

    // What an acknowledged but unflushed zeroing leaves in a killed QEMU's own cache must not count as copied.
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Target_killed_in_a_later_round_loses_no_zeroes(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        await using (var copy = lab.Copy(new CountedStream.Line()))
            await copy.ReadyAsync(Guard);
        await lab.ZeroAsync(0, 4 << 20);
        await lab.WriteAsync(4, 8 << 20, 12 << 20);
        var stalled = new CountedStream.Line { StallAfter = 4L << 20 };
        await using (var copy = lab.Copy(stalled))
        {
            await stalled.Reached;
            await lab.Target.KillAsync(default);
        }

        await lab.StartTargetAsync();
        await using var second = lab.Copy(new CountedStream.Line());
        await second.FinishAsync(Guard);
        second.Progress.ResumedAt.ShouldNotBeNull().Round.ShouldBeGreaterThan(0);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Stalled_line_holds_up_neither_the_guests_writes_nor_the_stop(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        var stalled = new CountedStream.Line { StallAfter = 4L << 20 };
        await using var copy = lab.Copy(stalled);
        await stalled.Reached;
        await lab.WriteAsync(5, 48 << 20, 1 << 20);
        await lab.WriteAsync(6, 0, 1 << 20);
        await copy.StopAsync(Guard);
        (await lab.Source.Disks!.OffersAsync(DiskLab.Disk, default)).ShouldBeEmpty();
        (await Should.ThrowAsync<DiskCopyException>(() => copy.FinishAsync(Guard))).Fault.ShouldBe(DiskCopyFault.Stopped);
        await using var second = lab.Copy(new CountedStream.Line());
        await second.FinishAsync(Guard);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Guest_that_is_rolled_back_is_counted_on(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        await using (var copy = lab.Copy(new CountedStream.Line()))
            await copy.FinishAsync(Guard);

        // The guest's disks are given up in the device phase, and taken back.
        await using (var log = new EventLog(lab.Source))
        {
            using var listener = new StreamSocket(Path.Combine(lab.Root, "out"));
            await lab.Source.BeginOutgoingAsync(listener.Path, MachineLab.Fast, default);
            using var near = await listener.AcceptAsync();
            var taken = StreamSocket.CopyAsync(near, null, null);
            await log.UntilPhaseAsync(MigrationPhase.PreSwitchover);
            await lab.Source.ContinueSwitchoverAsync(default);
            await log.UntilPhaseAsync(MigrationPhase.Device);
            near.Close();
            await taken;
            await log.UntilPhaseAsync(MigrationPhase.Failed);
        }

        await lab.Source.ContinueAsync(default);
        await lab.Source.PauseAsync(default);
        await lab.WriteAsync(3, 20 << 20, 2 << 20);
        var line = new CountedStream.Line();
        await using var second = lab.Copy(line);
        await second.FinishAsync(Guard);
        line.Sent.ShouldBeInRange(2 << 20, 3 << 20);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Another_image_is_copied_into_from_the_beginning(string version, DiskFormat format)
    {
        await using var lab = new DiskLab(version, format);
        await lab.StartAsync();
        await using (var copy = lab.Copy(new CountedStream.Line()))
            await copy.FinishAsync(Guard);
        var first = lab.Image;
        await lab.Target.KillAsync(default);
        (await lab.TargetImages.RemoveAsync(lab.Spec.Id, lab.DiskSpec, default)).ShouldBeTrue();
        await lab.StartTargetAsync();
        string.Equals(lab.Image, first, StringComparison.Ordinal).ShouldBeFalse();
        var line = new CountedStream.Line();
        await using (var second = lab.Copy(line))
            await second.FinishAsync(Guard);
        line.Sent.ShouldBeGreaterThan(Data);
        (await lab.Source.Disks!.BitmapsAsync(DiskLab.Disk, default)).ShouldAllBe(b => !b.Name.Contains(first, StringComparison.Ordinal));
        await DiskCopy.ForgetAsync(lab.Source.Disks!, DiskLab.Disk, default);
        (await lab.Source.Disks!.BitmapsAsync(DiskLab.Disk, default)).ShouldBeEmpty();
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [InlineData(LabEnvironment.Installed)]
    [InlineData(LabEnvironment.Unpacked)]
    public async Task Copy_outlives_an_orderly_end_of_the_source_and_not_a_killed_one(string version)
    {
        await using var lab = new DiskLab(version, DiskFormat.Qcow2);
        await lab.StartAsync();
        await using (var copy = lab.Copy(new CountedStream.Line()))
            await copy.ReadyAsync(Guard);
        var gone = lab.Source.Exited;
        await lab.AskSourceAsync("quit");
        await gone.WaitAsync(HangGuard);
        await lab.StartSourceAsync();
        await lab.WriteAsync(3, 0, 1 << 20);
        var line = new CountedStream.Line();
        await using (var copy = lab.Copy(line))
            await copy.FinishAsync(Guard);
        line.Sent.ShouldBeLessThan(2 << 20);

        await lab.Source.KillAsync(default);
        await lab.StartSourceAsync();
        (await lab.Source.Disks!.BitmapsAsync(DiskLab.Disk, default)).ShouldContain(b => b.IsInconsistent);
        var anew = new CountedStream.Line();
        await using (var copy = lab.Copy(anew))
            await copy.FinishAsync(Guard);
        anew.Sent.ShouldBeGreaterThan(Data);
        await lab.ShouldBeEqualAsync();
    }

    [Theory]
    [InlineData(LabEnvironment.Installed)]
    [InlineData(LabEnvironment.Unpacked)]
    public async Task Throttle_that_an_agent_left_behind_is_lifted_by_the_next_copy(string version)
    {
        await using var lab = new DiskLab(version, DiskFormat.Qcow2);
        await lab.StartAsync();
        await lab.Source.Disks!.ThrottleWritesAsync(DiskLab.Disk, 1 << 20, default);
        (await lab.WriteLimitAsync()).ShouldBe(1 << 20);
        await lab.Source.Disks!.OfferAsync(DiskLab.Disk, "left-behind", null, default);
        await using var copy = lab.Copy(new CountedStream.Line());
        await copy.FinishAsync(Guard);
        (await lab.WriteLimitAsync()).ShouldBe(0);
        (await lab.Source.Disks!.OffersAsync(DiskLab.Disk, default)).ShouldBeEmpty();
        await lab.ShouldBeEqualAsync();
    }

    [Fact]
    public async Task Target_of_another_size_is_refused()
    {
        await using var lab = new DiskLab(LabEnvironment.Installed, DiskFormat.Raw);
        await lab.StartAsync();
        await lab.Target.KillAsync(default);
        await using (var image = new FileStream(lab.TargetPath, FileMode.Open))
            image.SetLength(DiskLab.DiskBytes - 512);
        var target = await lab.StartOddTargetAsync();
        await target.Disks!.ExportAsync([DiskLab.Disk], default);
        await using var copy = lab.Copy(new CountedStream.Line());
        (await Should.ThrowAsync<DiskCopyException>(() => copy.ReadyAsync(Guard))).Fault.ShouldBe(DiskCopyFault.SizeDiffers);
    }
}
