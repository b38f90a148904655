using System.Globalization;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Lab.Tests.Networks;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>Disks that cannot take what comes: the guest runs on at its source, and nothing is left over.</summary>
[Trait("Category", "Lab")]
public sealed class BadDiskTests
{
    private const int DataMebibytes = 40;

    [Fact]
    public Task A_target_that_fills_up_in_the_middle_rolls_back_and_takes_it_when_there_is_room() => RunAsync(async fabric =>
    {
        // Room for the copy and for what must stay free beside it, which is what the precheck asks for.
        using var room = Mount.At(fabric.DisksOf("b"), "size=320m");
        var spec = await BootAsync(fabric);
        // 40 MiB at 5 MB/s are 8 s.
        var id = await fabric.MigrateAsync(
            spec.Id, "b", new MigrationPolicy { Transfer = new TransferPolicy(5_000_000, 300) });
        var image = Path.Combine(fabric.DisksOf("b"), spec.Disks[0].File);
        await Until.TrueAsync(() => Task.FromResult(File.Exists(image) && Allocated(image) > 8 << 20));
        var others = Path.Combine(fabric.DisksOf("b"), "others");
        Fill(others);

        var end = (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem();
        (end.Outcome, end.Reason).ShouldBe((MigrationOutcome.RolledBack, FailureReason.DiskFull), end.Detail);
        await Until.TrueAsync(async () =>
            await fabric.AskAsync<VmState>(EntityKinds.Vm, spec.Id.Value, Describe.State) is RunningVm { Owner.Value: "a" });
        fabric.LivingMachines("a").ShouldHaveSingleItem();
        await Until.TrueAsync(() => Task.FromResult(fabric.LivingMachines("b").Count == 0
            && Directory.GetFileSystemEntries(fabric.DisksOf("b")).Length == 1), seconds: 30); // and not a minute later

        File.Delete(others);
        var again = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy());
        (await fabric.EndAsync(again)).OfType<MigrationEnded>().ShouldHaveSingleItem()
            .Outcome.ShouldBe(MigrationOutcome.Completed);
    });

    [Fact]
    public Task A_target_whose_disks_cannot_be_written_or_have_no_room_is_refused_before_anything_moves() => RunAsync(async fabric =>
    {
        var spec = await BootAsync(fabric);
        using (var disks = Mount.At(fabric.DisksOf("b"), "size=320m"))
        {
            disks.Writable(false);
            var end = await RefusedAsync(fabric, spec);
            end.Reason.ShouldBe(FailureReason.DiskUnfit);
            end.Detail.ShouldNotBeNull().ShouldContain("cannot be written");
        }

        using (Mount.At(fabric.DisksOf("b"), "size=64m"))
        {
            var end = await RefusedAsync(fabric, spec);
            end.Reason.ShouldBe(FailureReason.DiskSpaceShort);
            Directory.EnumerateFileSystemEntries(fabric.DisksOf("b")).ShouldBeEmpty();
        }
    });

    private static async Task<MigrationEnded> RefusedAsync(LabFabric fabric, VmSpec spec)
    {
        var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy());
        var end = (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem();
        end.Outcome.ShouldBe(MigrationOutcome.Refused);
        await Until.TrueAsync(async () =>
            await fabric.AskAsync<VmState>(EntityKinds.Vm, spec.Id.Value, Describe.State) is RunningVm);
        fabric.LivingMachines("b").ShouldBeEmpty();
        return end;
    }

    private static async Task<VmSpec> BootAsync(LabFabric fabric)
    {
        var disk = new DiskSpec { Id = DiskId.Of("root"), File = "v1.img", Format = DiskFormat.Raw };
        var spec = LabGuest.Spec() with { Disks = [disk] };
        var bytes = new byte[DataMebibytes << 20];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(Path.Combine(fabric.DisksOf("a"), disk.File), bytes);
        await fabric.BootAsync(spec, "a");
        return spec;
    }

    // What somebody else writes beside it.
    private static void Fill(string path)
    {
        var piece = new byte[1 << 16];
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        Should.Throw<IOException>(() =>
        {
            while (true)
                file.Write(piece);
        });
    }

    private static long Allocated(string file) =>
        long.Parse(NetLab.Run("stat", ["-c", "%b", file]), CultureInfo.InvariantCulture) * 512;

    private static Task RunAsync(Func<LabFabric, Task> body) =>
        LabFabric.RunAsync(LabEnvironment.Qemu(LabEnvironment.Installed), ["a", "b"], body);
}
