using System.Diagnostics;
using Fabric.Drivers.Disks;
using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Disks;

/// <summary>Images in real directories, looked at by the real qemu-img.</summary>
public sealed class DiskImagesTests : IDisposable
{
    private const long Size = 1 << 20;

    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly VmId Other = VmId.Of("v2");

    private readonly string _root = Directory.CreateTempSubdirectory("fabric-images-").FullName;
    private readonly DiskImages _images;
    private long _free = 1L << 40;

    public DiskImagesTests()
    {
        foreach (var name in new[] { "local", "shared", "base", "elsewhere" })
            Directory.CreateDirectory(In(name));
        _images = Images("shared");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static DiskSpec Disk(
        string id = "d0", string file = "a.img", DiskFormat format = DiskFormat.Qcow2, DiskPlace place = DiskPlace.Local) =>
        new() { Id = DiskId.Of(id), File = file, Format = format, Place = place };

    private static DiskFacts Facts(DiskSpec disk, long size = Size, long allocated = 4096) => new(disk.Id, size, allocated);

    private static void Tool(params string[] arguments)
    {
        using var process = Process.Start("qemu-img", arguments);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }

    private string In(params string[] names) => Path.Combine([_root, .. names]);

    private DiskImages Images(string shared) => new(
        new DiskOptions
        {
            LocalDirectory = In("local"),
            SharedDirectory = In(shared),
            BackingDirectories = [In("base")],
        },
        TimeProvider.System, _ => _free);

    private async Task<DiskFault?> CheckAsync(DiskSide side, DiskSpec disk, DiskFacts? facts = null) =>
        (await _images.CheckAsync(Vm, [disk], side, facts is null ? [] : [facts], default)).SingleOrDefault()?.Fault;

    [Fact]
    public async Task Image_that_fits_is_looked_at_and_has_no_fault()
    {
        Tool("create", "-q", "-f", "qcow2", In("local", "a.img"), "1M");
        (await CheckAsync(DiskSide.Start, Disk())).ShouldBeNull();
        (await CheckAsync(DiskSide.Source, Disk())).ShouldBeNull();
        var facts = await _images.LookAsync(Disk(), default);
        facts.VirtualBytes.ShouldBe(Size);
        facts.Identity.ShouldBeNull();
    }

    [Fact]
    public async Task Each_wrong_image_has_its_own_fault()
    {
        (await CheckAsync(DiskSide.Start, Disk())).ShouldBe(DiskFault.ImageMissing);
        await File.WriteAllBytesAsync(In("local", "a.img"), new byte[Size]);
        (await CheckAsync(DiskSide.Start, Disk())).ShouldBe(DiskFault.WrongFormat);
        (await CheckAsync(DiskSide.Start, Disk(format: DiskFormat.Raw))).ShouldBeNull();
        File.Delete(In("local", "a.img"));
        Tool("create", "-q", "-f", "qcow2", In("local", "a.img"), "1M");
        (await CheckAsync(DiskSide.Start, Disk(format: DiskFormat.Raw))).ShouldBe(DiskFault.WrongFormat);
        Directory.CreateDirectory(In("local", "dir"));
        (await CheckAsync(DiskSide.Start, Disk(file: "dir"))).ShouldBe(DiskFault.NotRegular);
        (await CheckAsync(DiskSide.Start, Disk(file: "../x"))).ShouldBe(DiskFault.SpecInvalid);
        Tool("create", "-q", "-f", "qcow2", In("elsewhere", "o.img"), "1M");
        File.CreateSymbolicLink(In("local", "out.img"), In("elsewhere", "o.img"));
        (await CheckAsync(DiskSide.Start, Disk(file: "out.img"))).ShouldBe(DiskFault.LinkOutside);
        File.CreateSymbolicLink(In("local", "in.img"), In("local", "a.img"));
        (await CheckAsync(DiskSide.Start, Disk(file: "in.img"))).ShouldBeNull();
        Directory.Delete(In("shared"));
        (await CheckAsync(DiskSide.Start, Disk(place: DiskPlace.Shared))).ShouldBe(DiskFault.DirectoryMissing);
    }

    [Fact]
    public async Task Backing_files_are_followed_and_kept_within_the_directories()
    {
        Tool("create", "-q", "-f", "qcow2", In("elsewhere", "root.img"), "1M");
        Tool("create", "-q", "-f", "qcow2", In("base", "good.img"), "1M");
        Tool("create", "-q", "-f", "qcow2", "-b", In("elsewhere", "root.img"), "-F", "qcow2", In("base", "bad.img"));
        Tool("create", "-q", "-f", "qcow2", "-b", In("base", "good.img"), "-F", "qcow2", In("local", "a.img"));
        Tool("create", "-q", "-f", "qcow2", "-b", "../base/bad.img", "-F", "qcow2", In("local", "b.img"));
        (await CheckAsync(DiskSide.Start, Disk())).ShouldBeNull();
        (await CheckAsync(DiskSide.Start, Disk(file: "b.img"))).ShouldBe(DiskFault.BackingOutside);
    }

    [Fact]
    public async Task Two_disks_on_one_file_are_found_even_by_two_names()
    {
        Tool("create", "-q", "-f", "qcow2", In("local", "a.img"), "1M");
        File.CreateSymbolicLink(In("local", "b.img"), In("local", "a.img"));
        var found = await _images.CheckAsync(
            Vm, [Disk(), Disk("d1", "b.img")], DiskSide.Start, [], default);
        found.ShouldHaveSingleItem().Fault.ShouldBe(DiskFault.SameFile);
    }

    [Fact]
    public async Task Image_that_another_program_has_open_is_in_use()
    {
        Tool("create", "-q", "-f", "qcow2", In("local", "a.img"), "1M");
        using var holder = Process.Start(new ProcessStartInfo("qemu-io", ["-f", "qcow2", In("local", "a.img")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await holder.StandardInput.WriteLineAsync("length"); // answered when it is open
        (await holder.StandardOutput.ReadLineAsync()).ShouldNotBeNull().ShouldContain("1 MiB");
        (await CheckAsync(DiskSide.Start, Disk())).ShouldBe(DiskFault.InUse);
        holder.StandardInput.Close();
        await holder.WaitForExitAsync();
        (await CheckAsync(DiskSide.Start, Disk())).ShouldBeNull();
    }

    [Fact]
    public async Task Target_needs_room_for_what_the_source_has()
    {
        _free = Limits.Disks.SpaceMarginBytes + 9_999;
        (await CheckAsync(DiskSide.Target, Disk(), Facts(Disk(), allocated: 10_000))).ShouldBe(DiskFault.NoSpace);
        _free++;
        (await CheckAsync(DiskSide.Target, Disk(), Facts(Disk(), allocated: 10_000))).ShouldBeNull();
    }

    [Fact]
    public async Task Unknown_file_on_the_target_is_in_use_and_never_touched()
    {
        await File.WriteAllTextAsync(In("local", "a.img"), "precious");
        (await CheckAsync(DiskSide.Target, Disk(), Facts(Disk()))).ShouldBe(DiskFault.InUse);
        (await Should.ThrowAsync<DiskException>(() => _images.MakeAsync(Vm, Disk(), Facts(Disk()), default)))
            .Fault.ShouldBe(DiskFault.InUse);
        (await Should.ThrowAsync<DiskException>(() => _images.RemoveAsync(Vm, Disk(), default))).Fault.ShouldBe(DiskFault.InUse);
        (await File.ReadAllTextAsync(In("local", "a.img"))).ShouldBe("precious");
    }

    [Theory]
    [InlineData(DiskFormat.Raw)]
    [InlineData(DiskFormat.Qcow2)]
    public async Task Image_is_made_once_kept_while_it_fits_and_made_anew_when_not(DiskFormat format)
    {
        var disk = Disk(format: format);
        var first = await _images.MakeAsync(Vm, disk, Facts(disk), default);
        (await _images.LookAsync(disk, default)).VirtualBytes.ShouldBe(Size);
        (await _images.MakeAsync(Vm, disk, Facts(disk), default)).ShouldBe(first, StringCompareShould.IgnoreLineEndings);
        (await CheckAsync(DiskSide.Target, disk, Facts(disk))).ShouldBeNull();
        var second = await _images.MakeAsync(Vm, disk, Facts(disk, Size + 512), default);
        string.Equals(second, first, StringComparison.Ordinal).ShouldBeFalse();
        (await _images.LookAsync(disk, default)).VirtualBytes.ShouldBe(Size + 512);
        _images.NoteOf(disk).ShouldNotBeNull().State.ShouldBe(DiskState.Partial);

        // The note was written and the image was not: as after a crash between the two.
        File.Delete(In("local", "a.img"));
        await _images.MakeAsync(Vm, disk, Facts(disk, Size + 512), default);
        File.Exists(In("local", "a.img")).ShouldBeTrue();
    }

    [Fact]
    public async Task Owned_image_is_neither_copied_over_nor_removed_and_a_released_one_is()
    {
        var disk = Disk();
        await _images.MakeAsync(Vm, disk, Facts(disk), default);
        _images.Mark(Vm, disk, DiskState.Owned);
        (await CheckAsync(DiskSide.Target, disk, Facts(disk))).ShouldBe(DiskFault.InUse);
        (await Should.ThrowAsync<DiskException>(() => _images.MakeAsync(Vm, disk, Facts(disk), default)))
            .Fault.ShouldBe(DiskFault.InUse);
        (await Should.ThrowAsync<DiskException>(() => _images.RemoveAsync(Vm, disk, default))).Fault.ShouldBe(DiskFault.InUse);
        (await CheckAsync(DiskSide.Start, disk)).ShouldBeNull();
        _images.Mark(Vm, disk, DiskState.Released);
        (await CheckAsync(DiskSide.Start, disk)).ShouldBe(DiskFault.InUse);
        Should.Throw<DiskException>(() => _images.Mark(Other, disk, DiskState.Released)).Fault.ShouldBe(DiskFault.InUse);
        (await Should.ThrowAsync<DiskException>(() => _images.RemoveAsync(Other, disk, default))).Fault.ShouldBe(DiskFault.InUse);
        _images.Notes().ShouldHaveSingleItem().Note.ShouldNotBeNull().State.ShouldBe(DiskState.Released);
        (await _images.RemoveAsync(Vm, disk, default)).ShouldBeTrue();
        (await _images.RemoveAsync(Vm, disk, default)).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(In("local")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Damaged_note_is_told_and_its_image_is_nobodys()
    {
        var disk = Disk();
        await _images.MakeAsync(Vm, disk, Facts(disk), default);
        var path = In("local", ".a.img.fabric.json");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[10] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        (await CheckAsync(DiskSide.Target, disk, Facts(disk))).ShouldBe(DiskFault.NoteUnreadable);
        (await Should.ThrowAsync<DiskException>(() => _images.RemoveAsync(Vm, disk, default)))
            .Fault.ShouldBe(DiskFault.NoteUnreadable);
        _images.Notes().ShouldHaveSingleItem().Problem.ShouldNotBeNull().Fault.ShouldBe(DiskFault.NoteUnreadable);
        File.Exists(In("local", "a.img")).ShouldBeTrue();
    }

    [Fact]
    public async Task Shared_image_is_known_by_a_fresh_token_and_a_copied_directory_by_its_old_one()
    {
        var disk = Disk(place: DiskPlace.Shared);
        Tool("create", "-q", "-f", "qcow2", In("shared", "a.img"), "1M");
        await _images.LookAsync(disk, default);
        Directory.CreateDirectory(In("copy"));
        foreach (var file in Directory.EnumerateFiles(In("shared")))
            File.Copy(file, In("copy", Path.GetFileName(file)));
        var facts = await _images.LookAsync(disk, default);
        (await CheckAsync(DiskSide.Target, disk, facts)).ShouldBeNull();
        (await CheckAsync(DiskSide.Target, disk, facts with { VirtualBytes = Size - 1 })).ShouldBe(DiskFault.WrongSize);
        (await CheckAsync(DiskSide.Target, disk, facts with { Identity = "../x" })).ShouldBe(DiskFault.NotShared);
        var elsewhere = Images("copy");
        (await elsewhere.CheckAsync(Vm, [disk], DiskSide.Target, [facts], default))
            .ShouldHaveSingleItem().Fault.ShouldBe(DiskFault.NotShared);
        DiskFiles.IdentitiesOf(In("shared", "a.img")).Count().ShouldBe(1);
    }

    [Fact]
    public async Task Missing_program_is_told()
    {
        Tool("create", "-q", "-f", "qcow2", In("local", "a.img"), "1M");
        var images = new DiskImages(
            new DiskOptions { LocalDirectory = In("local"), QemuImg = "/nonexistent/qemu-img" }, TimeProvider.System);
        (await Should.ThrowAsync<DiskException>(() => images.LookAsync(Disk(), default))).Fault.ShouldBe(DiskFault.ToolFailed);
    }

    [Fact]
    public void Host_without_a_directory_says_so() => Should.Throw<DiskException>(
        () => new DiskImages(new DiskOptions(), TimeProvider.System).PathOf(Disk())).Fault.ShouldBe(DiskFault.DirectoryMissing);

    [Fact]
    public void Real_path_of_nothing_is_none() => RealPaths.Of(In("nothing")).ShouldBeNull();
}
