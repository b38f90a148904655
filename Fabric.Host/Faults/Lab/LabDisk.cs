using System.Globalization;
using System.Security.Cryptography;
using Fabric.Host.Faults.Guest;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// The disk of a lab's guest: its writer goes round over the first part, and behind that lies what is copied once. Each
/// host has its local disks in a directory of its own.
/// </summary>
internal sealed class LabDisk(ICaseLab lab, VmId vm, LabOptions options)
{
    /// <summary>What the guest's writer goes round in: about what it writes in a case.</summary>
    public const int WriterMiB = 4;

    private const int WriterKiBPerSecond = 256;

    private static long Blocks => ((long)WriterMiB << 20) / WrittenBlocks.BlockBytes;

    /// <summary>It, in the guest's specification.</summary>
    public static DiskSpec SpecOf(VmId vm) => new() { Id = DiskId.Of("root"), File = ImageOf(vm) };

    /// <summary>What the guest's kernel is told of its writer.</summary>
    public static string Append => string.Create(
        CultureInfo.InvariantCulture, $" w.disk=/dev/vda w.rate={WriterKiBPerSecond} w.mib={WriterMiB}");

    /// <summary>All files that a host has beside disks of its own guests.</summary>
    public IReadOnlyList<string> FilesAt(string host) =>
        Directory.Exists(lab.DisksOf(host)) ? Directory.GetFileSystemEntries(lab.DisksOf(host)) : [];

    /// <summary>Makes the image at a host.</summary>
    public async Task MakeAsync(string host, CancellationToken cancellation)
    {
        var raw = Path.Combine(lab.Scratch, "new.raw");
        await using (var file = File.Create(raw))
        {
            var fill = new byte[options.DiskFillBytes];
            RandomNumberGenerator.Fill(fill);
            file.Position = (long)WriterMiB << 20;
            await file.WriteAsync(fill, cancellation);
        }

        await ImageTool.RunAsync(
            ["convert", "-f", "raw", "-O", "qcow2", raw, PathAt(host)], cancellation);
        File.Delete(raw);
    }

    /// <summary>Looks at a host's image when no guest runs on it any more.</summary>
    /// <param name="host">Where the guest was last.</param>
    /// <param name="acknowledged">The number up to which the guest was told that all is on disk.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<WrittenBlocks> ReadAsync(string host, long acknowledged, CancellationToken cancellation)
    {
        var raw = Path.Combine(lab.Scratch, "last.raw");
        await ImageTool.RunAsync(
            ["convert", "-f", "qcow2", "-O", "raw", PathAt(host), raw], cancellation);
        await using var image = File.OpenRead(raw);
        return WrittenBlocks.Read(image, Blocks, acknowledged);
    }

    /// <summary>Leaves nothing in a lab that stays.</summary>
    public void Remove()
    {
        foreach (var host in lab.HostNames)
            File.Delete(PathAt(host));
        File.Delete(Path.Combine(lab.Scratch, "last.raw"));
    }

    private static string ImageOf(VmId vm) => $"{vm}.qcow2";

    private string PathAt(string host) => Path.Combine(lab.DisksOf(host), ImageOf(vm));
}
