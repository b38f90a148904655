using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>What may be wrong with images, each with where and what to do. Nothing is changed by looking.</summary>
internal sealed class ImageChecks(IDiskImages images, DiskOptions options, QemuImg tool, Func<string, long> freeBytes)
{
    private const int MagicLength = 4;

    private static ReadOnlySpan<byte> Qcow2Magic => [0x51, 0x46, 0x49, 0xfb];

    /// <summary>All problems of all disks.</summary>
    public async Task<IReadOnlyList<DiskProblem>> AllAsync(
        VmId vm, IReadOnlyList<DiskSpec> disks, DiskSide side, IReadOnlyList<DiskFacts> fromSource,
        CancellationToken cancellation)
    {
        var found = new List<DiskProblem>();
        var paths = new Dictionary<DiskId, string>();
        foreach (var disk in disks)
        {
            try
            {
                paths[disk.Id] = images.PathOf(disk);
                var facts = fromSource.FirstOrDefault(f => f.Id == disk.Id);
                found.AddRange(side == DiskSide.Target
                    ? await OfTargetAsync(vm, disk, paths[disk.Id], facts, cancellation)
                    : await OfHereAsync(disk, paths[disk.Id], side, cancellation));
            }
            catch (DiskException e)
            {
                found.Add(e.Problem);
            }
        }

        found.AddRange(SameFiles(disks, paths));
        if (side == DiskSide.Target)
            found.AddRange(Room(disks, paths, fromSource));
        return found;
    }

    /// <summary>What is wrong with an image as a file; null when nothing is.</summary>
    public DiskProblem? OfFile(DiskSpec disk, string path)
    {
        if (OfDirectory(disk, path) is { } missing)
            return missing;
        if (FileFacts.Of(path) is not { } facts)
        {
            return Problem(
                DiskFault.ImageMissing, disk, path, "the image is not there", "Put it there, or correct the disk's file.");
        }

        if (facts.IsLink && !IsAllowed(path))
        {
            return Problem(
                DiskFault.LinkOutside, disk, path, "it is a symbolic link that leads out of the directories of disks",
                "Move the image there, or add its directory to host.disks.");
        }

        var target = facts.IsLink ? FileFacts.Of(RealPaths.Of(path)!) : facts;
        if (target is not { IsRegular: true })
        {
            return Problem(
                DiskFault.NotRegular, disk, path, $"it is {target?.Kind ?? "nothing"}, not a regular file",
                "Use an image in a file.");
        }

        return RealPaths.IsWritable(path)
            ? null
            : Problem(DiskFault.ReadOnly, disk, path, "the image cannot be written", "Give it to this program's user, or mount it writable.");
    }

    /// <summary>What keeps a copy from coming into a place whose note was read; null when nothing does.</summary>
    public static DiskProblem? OfNote(VmId vm, DiskSpec disk, string path, DiskNote? note)
    {
        if (note is null)
        {
            return FileFacts.Of(path) is null
                ? null
                : InUse(disk, path, "a file of that name is there, and no note says whose it is");
        }

        return Stranger(vm, disk, path, note) ?? Owned(disk, path, note);
    }

    /// <summary>The note names another VM's disk.</summary>
    public static DiskProblem? Stranger(VmId vm, DiskSpec disk, string path, DiskNote note) =>
        note.Vm == vm && note.Disk == disk.Id
            ? null
            : InUse(disk, path, $"it is disk {note.Disk} of {note.Vm}");

    /// <summary>A guest runs on it, or may.</summary>
    public static DiskProblem? Owned(DiskSpec disk, string path, DiskNote note) =>
        note.State == DiskState.Owned ? InUse(disk, path, "its note says that its VM lives here") : null;

    /// <summary>It is not to be touched.</summary>
    public static DiskProblem InUse(DiskSpec disk, string path, string what) => Problem(
        DiskFault.InUse, disk, path, what, "List what is left over with 'fabric leftovers'; use another file for this disk.");

    private static DiskProblem Problem(DiskFault fault, DiskSpec disk, string where, string what, string advice) =>
        new(fault, disk.Id, where, what, advice);

    private static DiskProblem? OfDirectory(DiskSpec disk, string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        return Directory.Exists(directory)
            ? null
            : Problem(DiskFault.DirectoryMissing, disk, directory, "the directory is not there", "Make it, or mount it.");
    }

    private async Task<IReadOnlyList<DiskProblem>> OfHereAsync(
        DiskSpec disk, string path, DiskSide side, CancellationToken cancellation)
    {
        if (OfFile(disk, path) is { } problem)
            return [problem];
        if (side == DiskSide.Start && disk.Format == DiskFormat.Raw && IsQcow2(path))
        {
            return [Problem(
                DiskFault.WrongFormat, disk, path, "it is declared raw and begins as a qcow2 image",
                "Correct the disk's format, or clear the first block.")];
        }

        if (side == DiskSide.Start && NotStartable(disk, path) is { } note)
            return [note];
        var format = QemuImg.FormatOf(disk.Format);
        if (await OfChainAsync(disk, path, format, cancellation) is { } outside)
            return [outside];
        return side == DiskSide.Start && await tool.IsInUseAsync(disk.Id, path, format, cancellation)
            ? [InUse(disk, path, "another program has it open")]
            : [];
    }

    private async Task<IReadOnlyList<DiskProblem>> OfTargetAsync(
        VmId vm, DiskSpec disk, string path, DiskFacts? facts, CancellationToken cancellation)
    {
        if (facts is null)
        {
            return [Problem(
                DiskFault.ImageMissing, disk, path, "the source said nothing of this disk", "Look at the source's disks first.")];
        }

        if (disk.Place == DiskPlace.Shared)
            return await OfSharedAsync(disk, path, facts, cancellation);
        if (OfDirectory(disk, path) is { } missing)
            return [missing];
        if (!RealPaths.IsWritable(Path.GetDirectoryName(path)!))
        {
            return [Problem(
                DiskFault.ReadOnly, disk, Path.GetDirectoryName(path)!, "the directory cannot be written",
                "Give it to this program's user, or mount it writable.")];
        }

        if (FileFacts.Of(path) is { IsRegular: false } other)
            return [Problem(DiskFault.NotRegular, disk, path, $"{other.Kind} is in the way", "Use another file for this disk.")];
        if (OfNote(vm, disk, path, images.NoteOf(disk)) is { } stranger)
            return [stranger];
        return File.Exists(path)
            && await tool.IsInUseAsync(disk.Id, path, QemuImg.FormatOf(disk.Format), cancellation)
            ? [InUse(disk, path, "another program has it open")]
            : [];
    }

    private async Task<IReadOnlyList<DiskProblem>> OfSharedAsync(
        DiskSpec disk, string path, DiskFacts facts, CancellationToken cancellation)
    {
        if (OfFile(disk, path) is { } problem)
            return [problem];
        if (facts.Identity is not { Length: > 0 } token || token.Any(c => !char.IsAsciiHexDigit(c))
            || FileFacts.Of(DiskFiles.IdentityOf(path, token)) is null)
        {
            return [Problem(
                DiskFault.NotShared, disk, path, "the source's token is not beside it: this is not the source's file",
                "Mount the same storage on both hosts.")];
        }

        var format = QemuImg.FormatOf(disk.Format);
        var info = await tool.InfoAsync(disk.Id, path, format, cancellation);
        if (info.VirtualBytes != facts.VirtualBytes)
        {
            return [Problem(
                DiskFault.WrongSize, disk, path, $"it has {info.VirtualBytes} bytes, the source's {facts.VirtualBytes}",
                "Mount the same storage on both hosts.")];
        }

        return await OfChainAsync(disk, path, format, cancellation) is { } outside ? [outside] : [];
    }

    // One image at a time, each looked at before the next is opened: a chain as a whole would open whatever it names.
    private async Task<DiskProblem?> OfChainAsync(
        DiskSpec disk, string path, string format, CancellationToken cancellation)
    {
        for (var depth = 0; depth < Limits.Disks.ChainMax; depth++)
        {
            var info = await tool.InfoAsync(disk.Id, path, format, cancellation);
            if (new[] { info.DataFile, info.Backing }.OfType<string>().FirstOrDefault(f => !IsAllowed(f)) is { } outside)
            {
                return Problem(
                    DiskFault.BackingOutside, disk, path,
                    $"it needs '{Names.Shown(outside)}', which is not in a directory of disks, or not there",
                    "Move that image there, or add its directory to host.disks.");
            }

            if (info.Backing is null)
                return null;
            (path, format) = (info.Backing, info.BackingFormat ?? "raw");
        }

        return Problem(
            DiskFault.BackingOutside, disk, path, $"it stands on more than {Limits.Disks.ChainMax} images", "Commit or flatten them.");
    }

    // Only paths of files: "nbd:" or "json:" before it is none.
    private bool IsAllowed(string path) => path.StartsWith('/')
        && new[] { options.LocalDirectory, options.SharedDirectory }.Concat(options.BackingDirectories)
            .OfType<string>().Any(d => RealPaths.IsWithin(path, d));

    private DiskProblem? NotStartable(DiskSpec disk, string path) =>
        disk.Place == DiskPlace.Local && images.NoteOf(disk) is { State: DiskState.Partial or DiskState.Released } note
            ? InUse(disk, path, $"it is not whole, or not the latest: its note says {note.State}")
            : null;

    private static IEnumerable<DiskProblem> SameFiles(IReadOnlyList<DiskSpec> disks, Dictionary<DiskId, string> paths) =>
        disks.Where(d => paths.ContainsKey(d.Id))
            .Select(d => (Disk: d, Path: paths[d.Id], Numbers: FileNumbers.Of(paths[d.Id])))
            .Where(d => d.Numbers is not null)
            .GroupBy(d => d.Numbers)
            .Where(g => g.Count() > 1)
            .Select(g => Problem(
                DiskFault.SameFile, g.Last().Disk, g.Last().Path,
                $"disks {string.Join(" and ", g.Select(d => d.Disk.Id))} are one file", "Give each disk a file of its own."));

    // What the copies will fill, less what earlier attempts have filled already; all local disks lie in one directory.
    private IEnumerable<DiskProblem> Room(
        IReadOnlyList<DiskSpec> disks, Dictionary<DiskId, string> paths, IReadOnlyList<DiskFacts> fromSource)
    {
        var local = disks.Where(d => d.Place == DiskPlace.Local && paths.ContainsKey(d.Id)).ToList();
        if (local.Count == 0 || options.LocalDirectory is not { } directory || !Directory.Exists(directory))
            yield break;
        var needed = local.Sum(d => Math.Max(
            0, (fromSource.FirstOrDefault(f => f.Id == d.Id)?.AllocatedBytes ?? 0) - FileNumbers.AllocatedBytesOf(paths[d.Id])));
        var free = freeBytes(directory);
        if (free < needed + Limits.Disks.SpaceMarginBytes)
        {
            yield return new DiskProblem(
                DiskFault.NoSpace, local.Count == 1 ? local[0].Id : null, directory,
                $"{free >> 20} MiB are free, {(needed + Limits.Disks.SpaceMarginBytes) >> 20} MiB are needed",
                "Free space there, or migrate to another host.");
        }
    }

    private static bool IsQcow2(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> first = stackalloc byte[MagicLength];
        return file.ReadAtLeast(first, MagicLength, throwOnEndOfStream: false) == MagicLength
            && first.SequenceEqual(Qcow2Magic);
    }
}
