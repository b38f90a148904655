using System.Globalization;
using System.Security.Cryptography;
using Fabric.Host.Faults.Guest;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// The disk of a lab's guest: its writer goes round over the first part, and behind that lies what is copied once. Each
/// host has its local disks in a directory of its own.
/// </summary>
internal sealed class LabDisk(LabDirectory directory, LabOptions options)
{
    /// <summary>What the guest's writer goes round in: about what it writes in a case.</summary>
    public const int WriterMiB = 4;

    private const int WriterKiBPerSecond = 256;
    private const string Image = "demo.qcow2";

    private static long Blocks => ((long)WriterMiB << 20) / WrittenBlocks.BlockBytes;

    /// <summary>It, in the guest's specification.</summary>
    public static DiskSpec Spec => new() { Id = DiskId.Of("root"), File = Image };

    /// <summary>What the guest's kernel is told of its writer.</summary>
    public static string Append => string.Create(
        CultureInfo.InvariantCulture, $" w.disk=/dev/vda w.rate={WriterKiBPerSecond} w.mib={WriterMiB}");

    /// <summary>Where a host has its local disks.</summary>
    public static string Of(LabDirectory directory, string host) => directory.In(host + "-disks");

    /// <summary>All files that a host has beside disks of its own guests.</summary>
    public IReadOnlyList<string> FilesAt(string host) =>
        Directory.Exists(Of(directory, host)) ? Directory.GetFileSystemEntries(Of(directory, host)) : [];

    /// <summary>Makes the image at a host.</summary>
    public async Task MakeAsync(string host, CancellationToken cancellation)
    {
        var raw = directory.In("new.raw");
        await using (var file = File.Create(raw))
        {
            var fill = new byte[options.DiskFillBytes];
            RandomNumberGenerator.Fill(fill);
            file.Position = (long)WriterMiB << 20;
            await file.WriteAsync(fill, cancellation);
        }

        await ImageTool.RunAsync(
            ["convert", "-f", "raw", "-O", "qcow2", raw, Path.Combine(Of(directory, host), Image)], cancellation);
        File.Delete(raw);
    }

    /// <summary>Looks at a host's image when no guest runs on it any more.</summary>
    /// <param name="host">Where the guest was last.</param>
    /// <param name="acknowledged">The number up to which the guest was told that all is on disk.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<WrittenBlocks> ReadAsync(string host, long acknowledged, CancellationToken cancellation)
    {
        var raw = directory.In("last.raw");
        await ImageTool.RunAsync(
            ["convert", "-f", "qcow2", "-O", "raw", Path.Combine(Of(directory, host), Image), raw], cancellation);
        await using var image = File.OpenRead(raw);
        return WrittenBlocks.Read(image, Blocks, acknowledged);
    }
}
