using System.Security.Cryptography;
using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>Images in this host's directories.</summary>
public sealed class DiskImages : IDiskImages
{
    private const string BootFile = "/proc/sys/kernel/random/boot_id";

    private readonly DiskOptions _options;
    private readonly QemuImg _tool;
    private readonly ImageChecks _checks;

    /// <summary>Makes it; looks at nothing yet.</summary>
    public DiskImages(DiskOptions options, TimeProvider time)
        : this(options, time, static directory => new DriveInfo(directory).AvailableFreeSpace)
    {
    }

    internal DiskImages(DiskOptions options, TimeProvider time, Func<string, long> freeBytes)
    {
        _options = options;
        _tool = new QemuImg(options.QemuImg, time);
        _checks = new ImageChecks(this, options, _tool, freeBytes);
    }

    /// <inheritdoc/>
    public string PathOf(DiskSpec disk)
    {
        if (disk.Faults().FirstOrDefault() is { } fault)
            throw Failed(DiskFault.SpecInvalid, disk, disk.File, fault, "Correct the VM's specification.");
        var directory = disk.Place == DiskPlace.Local ? _options.LocalDirectory : _options.SharedDirectory;
        return directory is null
            ? throw Failed(
                DiskFault.DirectoryMissing, disk, disk.File, $"this host has no directory for {disk.Place} disks",
                $"Set host.disks.{(disk.Place == DiskPlace.Local ? "local" : "shared")} on this host.")
            : Path.Combine(directory, disk.File);
    }

    /// <inheritdoc/>
    public async Task<DiskFacts> LookAsync(DiskSpec disk, CancellationToken cancellation)
    {
        var path = PathOf(disk);
        if (_checks.OfFile(disk, path) is { } problem)
            throw new DiskException(problem);
        var info = await _tool.InfoAsync(disk.Id, path, QemuImg.FormatOf(disk.Format), cancellation);
        return new DiskFacts(
            disk.Id, info.VirtualBytes, info.AllocatedBytes,
            disk.Place == DiskPlace.Shared ? DrawIdentity(disk, path) : null);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DiskProblem>> CheckAsync(
        VmId vm, IReadOnlyList<DiskSpec> disks, DiskSide side, IReadOnlyList<DiskFacts> fromSource,
        CancellationToken cancellation) => _checks.AllAsync(vm, disks, side, fromSource, cancellation);

    /// <inheritdoc/>
    public async Task<string> MakeAsync(
        VmId vm, DiskSpec disk, DiskFacts fromSource, CancellationToken cancellation)
    {
        var path = PathOf(disk);
        var found = NoteOf(disk);
        if (ImageChecks.OfNote(vm, disk, path, found) is { } problem)
            throw new DiskException(problem);
        var isThere = FileFacts.Of(path) is not null;
        if (isThere && await _tool.IsInUseAsync(disk.Id, path, QemuImg.FormatOf(disk.Format), cancellation))
            throw new DiskException(ImageChecks.InUse(disk, path, "another program has it open"));
        if (isThere && found is { State: DiskState.Partial } && await IsAsNotedAsync(disk, path, found, fromSource, cancellation))
            return found.Image;

        // A released image of this VM is old, and a partial one of another size is of no use: both are written over. The
        // note is first: an image that it speaks of and that is not the one it means is copied in full, never trusted.
        var note = NoteFor(vm, disk, fromSource.VirtualBytes, DiskState.Partial);
        var next = DiskFiles.NewOf(path);
        DiskFiles.Told(disk.Id, next, () =>
        {
            File.Delete(next);
            return true;
        });
        await _tool.CreateAsync(disk.Id, next, QemuImg.FormatOf(disk.Format), fromSource.VirtualBytes, cancellation);
        DiskFiles.Told(disk.Id, next, () =>
        {
            using (var file = new FileStream(next, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
                file.Flush(flushToDisk: true);
            DiskNotes.Write(path, note);
            File.Move(next, path, overwrite: true);
            DiskFiles.Sync(path);
            return true;
        });
        return note.Image;
    }

    /// <inheritdoc/>
    public DiskNote? NoteOf(DiskSpec disk) => DiskNotes.Read(disk.Id, PathOf(disk));

    /// <inheritdoc/>
    public void Mark(VmId vm, DiskSpec disk, DiskState state)
    {
        var path = PathOf(disk);
        var note = NoteOf(disk) ?? NoteFor(vm, disk, virtualBytes: 0, state);
        if (ImageChecks.Stranger(vm, disk, path, note) is { } problem)
            throw new DiskException(problem);
        DiskNotes.Write(path, note with { State = state });
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveAsync(VmId vm, DiskSpec disk, CancellationToken cancellation)
    {
        var path = PathOf(disk);
        var isThere = FileFacts.Of(path) is not null;
        if (NoteOf(disk) is not { } note)
        {
            return isThere
                ? throw new DiskException(ImageChecks.InUse(disk, path, "it has no note, so nobody knows whose it is"))
                : false;
        }

        if ((ImageChecks.Stranger(vm, disk, path, note) ?? ImageChecks.Owned(disk, path, note)) is { } problem)
            throw new DiskException(problem);
        if (isThere && await _tool.IsInUseAsync(disk.Id, path, QemuImg.FormatOf(disk.Format), cancellation))
            throw new DiskException(ImageChecks.InUse(disk, path, "another program has it open"));
        return DiskFiles.Told(disk.Id, path, () =>
        {
            // The note last: a removal that is cut off is then repeated, and not an image that nobody knows.
            File.Delete(DiskFiles.NewOf(path));
            DiskFiles.Delete(path);
            DiskFiles.Delete(DiskFiles.NoteOf(path));
            return true;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<DiskFound> Notes() =>
        _options.LocalDirectory is { } directory ? DiskNotes.List(directory) : [];

    private async Task<bool> IsAsNotedAsync(
        DiskSpec disk, string path, DiskNote note, DiskFacts fromSource, CancellationToken cancellation)
    {
        if (note.VirtualBytes != fromSource.VirtualBytes || note.Format != disk.Format)
            return false;
        try
        {
            var info = await _tool.InfoAsync(disk.Id, path, QemuImg.FormatOf(disk.Format), cancellation);
            return info.VirtualBytes == note.VirtualBytes && info.Backing is null && info.DataFile is null;
        }
        catch (DiskException e) when (e.Fault is DiskFault.WrongFormat)
        {
            return false;
        }
    }

    private static DiskNote NoteFor(VmId vm, DiskSpec disk, long virtualBytes, DiskState state) => new(
        vm, disk.Id, disk.File, RandomNumberGenerator.GetHexString(16, lowercase: true), virtualBytes, disk.Format,
        File.ReadAllText(BootFile).Trim(), state);

    // A fresh name each time: a network file system may still show an old content of a file, but not a name that was never
    // there; and a directory that was copied has old tokens alone.
    private static string DrawIdentity(DiskSpec disk, string path) => DiskFiles.Told(disk.Id, path, () =>
    {
        var old = DiskFiles.IdentitiesOf(path).Take(Limits.Disks.NotesMax).ToArray();
        var token = RandomNumberGenerator.GetHexString(32, lowercase: true);
        using (new FileStream(DiskFiles.IdentityOf(path, token), FileMode.CreateNew, FileAccess.Write))
        {
        }

        foreach (var one in old)
            File.Delete(one);
        return token;
    });

    private static DiskException Failed(DiskFault fault, DiskSpec disk, string where, string what, string advice) =>
        new(new DiskProblem(fault, disk.Id, where, what, advice));
}
