using System.Diagnostics;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>Whole migrations of a real guest with a local disk between two agents.</summary>
[Trait("Category", "Lab")]
public sealed class DiskMigrationTests
{
    private const long DiskBytes = 96L << 20;
    private const int DataMebibytes = 40;

    [Theory]
    [InlineData(DiskFormat.Raw)]
    [InlineData(DiskFormat.Qcow2)]
    public Task A_local_disk_moves_with_its_guest_and_back(DiskFormat format) => RunAsync(async fabric =>
    {
        var spec = await WithDiskAsync(fabric, "a", format);
        var before = await HashAsync(fabric, "a", spec);
        await fabric.BootAsync(spec, "a");
        foreach (var (from, to) in new[] { ("a", "b"), ("b", "a") })
        {
            var id = await fabric.MigrateAsync(spec.Id, to, new MigrationPolicy());
            var events = await fabric.EndAsync(id);
            events.OfType<MigrationEnded>().Single().Outcome
                .ShouldBe(MigrationOutcome.Completed, string.Join('\n', events));
            var copied = events.OfType<StorageReady>().Single().Disks.ShouldNotBeNull().Single();
            copied.TotalBytes.ShouldBe(DiskBytes);
            copied.CopiedBytes.ShouldBeInRange(DataMebibytes << 20, (long)(DataMebibytes << 20) * 11 / 10);
            (await HashAsync(fabric, to, spec)).ShouldBe(before);
            File.Exists(ImageAt(fabric, from, spec)).ShouldBeFalse("the released source's image is removed");
        }
    });

    [Fact]
    public Task A_copy_whose_target_died_goes_on_from_where_it_was() => RunAsync(async fabric =>
    {
        var spec = await WithDiskAsync(fabric, "a", DiskFormat.Qcow2);
        var before = await HashAsync(fabric, "a", spec);
        await fabric.BootAsync(spec, "a");
        // 40 MiB at 5 MB/s are 8 s.
        var id = await fabric.MigrateAsync(
            spec.Id, "b", new MigrationPolicy { Transfer = new TransferPolicy(5_000_000, 300) });
        await Until.TrueAsync(() => Task.FromResult(
            File.Exists(ImageAt(fabric, "b", spec)) && Allocated(ImageAt(fabric, "b", spec)) > 24 << 20));
        await fabric.KillMachineAsync("b", "e");
        var events = await fabric.EndAsync(id);
        events.OfType<MigrationEnded>().Single().Outcome
            .ShouldBe(MigrationOutcome.Completed, string.Join('\n', events));
        events.OfType<AttemptStarted>().Count().ShouldBe(2);
        var copied = events.OfType<StorageReady>().Single().Disks.ShouldNotBeNull().Single();
        copied.Resumed.ShouldBeTrue();
        copied.CopiedBytes.ShouldBeLessThan(26 << 20);
        (await HashAsync(fabric, "b", spec)).ShouldBe(before);
    });

    [Fact]
    public Task What_a_cancelled_copy_leaves_at_the_target_is_removed() => RunAsync(async fabric =>
    {
        var spec = await WithDiskAsync(fabric, "a", DiskFormat.Raw);
        await fabric.BootAsync(spec, "a");
        var id = await fabric.MigrateAsync(
            spec.Id, "b", new MigrationPolicy { Transfer = new TransferPolicy(2_000_000, 300) });
        await Until.TrueAsync(() => Task.FromResult(
            File.Exists(ImageAt(fabric, "b", spec)) && Allocated(ImageAt(fabric, "b", spec)) > 4 << 20));
        await fabric.AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, new CancelRequested());
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single().Reason.ShouldBe(FailureReason.Cancelled);
        // The image and the note about it.
        await Until.TrueAsync(() => Task.FromResult(!Directory.EnumerateFileSystemEntries(fabric.DisksOf("b")).Any()));
        File.Exists(ImageAt(fabric, "a", spec)).ShouldBeTrue();
    });

    [Fact]
    public Task A_disk_that_is_not_there_and_one_that_is_in_the_way_are_told_before_anything_moves() => RunAsync(async fabric =>
    {
        var spec = await WithDiskAsync(fabric, "a", DiskFormat.Raw);
        await fabric.BootAsync(spec, "a");
        await File.WriteAllTextAsync(ImageAt(fabric, "b", spec), "somebody's");
        var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy());
        var end = (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single();
        end.Outcome.ShouldBe(MigrationOutcome.Refused);
        end.Reason.ShouldBe(FailureReason.DiskInUse);
        end.Detail.ShouldNotBeNull().ShouldContain("root");
        (await File.ReadAllTextAsync(ImageAt(fabric, "b", spec))).ShouldBe("somebody's");
    });

    private static async Task<VmSpec> WithDiskAsync(LabFabric fabric, string host, DiskFormat format)
    {
        var disk = new DiskSpec { Id = DiskId.Of("root"), File = "v1.img", Format = format };
        var spec = LabGuest.Spec() with { Disks = [disk] };
        var kind = format == DiskFormat.Raw ? "raw" : "qcow2";
        var image = ImageAt(fabric, host, spec);
        await ToolAsync("qemu-img", "create", "-q", "-f", kind, image, $"{DiskBytes}");
        var seeded = new Random(7);
        var data = Path.Combine(fabric.DisksOf(host), "..", "data.bin");
        var bytes = new byte[DataMebibytes << 20];
        seeded.NextBytes(bytes);
        await File.WriteAllBytesAsync(data, bytes);
        // In two places, with nothing between them.
        await ToolAsync("qemu-io", "-f", kind, "-c", $"write -q -s {data} 8M {DataMebibytes / 2}M",
            "-c", $"write -q -s {data} 72M {DataMebibytes / 2}M", image);
        return spec;
    }

    private static async Task<string> HashAsync(LabFabric fabric, string host, VmSpec spec)
    {
        var raw = Path.Combine(fabric.DisksOf(host), "..", "compared.raw");
        await ToolAsync("qemu-img", "convert", "-U", "-O", "raw", ImageAt(fabric, host, spec), raw);
        await using var file = File.OpenRead(raw);
        return Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(file));
    }

    private static string ImageAt(LabFabric fabric, string host, VmSpec spec) =>
        Path.Combine(fabric.DisksOf(host), spec.Disks[0].File);

    private static long Allocated(string file)
    {
        var seen = ToolAsync("stat", "-c", "%b", file).GetAwaiter().GetResult();
        return long.Parse(seen, System.Globalization.CultureInfo.InvariantCulture) * 512;
    }

    private static async Task<string> ToolAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {await error}");
        return await said;
    }

    private static Task RunAsync(Func<LabFabric, Task> body) =>
        LabFabric.RunAsync(LabEnvironment.Qemu(LabEnvironment.Installed), ["a", "b"], body);
}
