using System.Globalization;
using System.Text.Json;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>What qemu-img says of one image, without those under it.</summary>
/// <param name="VirtualBytes">What a guest sees.</param>
/// <param name="AllocatedBytes">What the file takes.</param>
/// <param name="Backing">Path of the image under it, resolved; null when there is none.</param>
/// <param name="BackingFormat">Its format, where the image says so.</param>
/// <param name="DataFile">Path of a file that holds its data; null when it does itself.</param>
internal sealed record ImageInfo(
    long VirtualBytes, long AllocatedBytes, string? Backing, string? BackingFormat, string? DataFile);

/// <summary>
/// Asks qemu-img, always with the format: a format that is looked for is what a guest has written into its first block,
/// and such a block may name any file of this host.
/// </summary>
internal sealed class QemuImg(string program, TimeProvider time)
{
    /// <summary>Looks at an image, in use or not.</summary>
    public async Task<ImageInfo> InfoAsync(
        DiskId disk, string path, string format, CancellationToken cancellation)
    {
        var result = await RunAsync(
            disk, ["info", "--output=json", "-U", "-f", format, FileName(path)], cancellation);
        if (result.ExitCode != 0)
        {
            var isOther = result.Errors.Contains("Image is not in", StringComparison.Ordinal);
            throw new DiskException(new DiskProblem(
                isOther ? DiskFault.WrongFormat : DiskFault.ToolFailed,
                disk,
                path,
                isOther ? $"it is not in {format} format" : $"'{program} info' says: {Words(result)}",
                isOther ? "Correct the disk's format, or convert the image." : "Check the image with 'qemu-img check'."));
        }

        return Read(disk, path, result.Output);
    }

    /// <summary>Whether another program has it open for writing: QEMU locks what it writes.</summary>
    public async Task<bool> IsInUseAsync(DiskId disk, string path, string format, CancellationToken cancellation)
    {
        var result = await RunAsync(disk, ["info", "--output=json", "-f", format, FileName(path)], cancellation);
        return result.ExitCode != 0 && result.Errors.Contains("lock", StringComparison.Ordinal);
    }

    /// <summary>Makes an empty one.</summary>
    public async Task CreateAsync(
        DiskId disk, string path, string format, long virtualBytes, CancellationToken cancellation)
    {
        var size = virtualBytes.ToString(CultureInfo.InvariantCulture);
        var result = await RunAsync(disk, ["create", "-q", "-f", format, FileName(path), size], cancellation);
        if (result.ExitCode == 0)
            return;
        var isFull = result.Errors.Contains("No space left", StringComparison.Ordinal);
        throw new DiskException(new DiskProblem(
            isFull ? DiskFault.NoSpace : DiskFault.ToolFailed,
            disk,
            path,
            $"the image cannot be made: {Words(result)}",
            isFull ? "Free space there." : "See the message."));
    }

    /// <summary>QEMU's word for a format.</summary>
    public static string FormatOf(DiskFormat format) => format == DiskFormat.Qcow2 ? "qcow2" : "raw";

    internal static ImageInfo Read(DiskId disk, string path, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            var root = document.RootElement;
            string? data = null;
            if (root.TryGetProperty("format-specific", out var specific)
                && specific.TryGetProperty("data", out var details)
                && details.TryGetProperty("data-file", out var file))
                data = file.GetString();
            return new ImageInfo(
                root.GetProperty("virtual-size").GetInt64(),
                root.TryGetProperty("actual-size", out var actual) ? actual.GetInt64() : 0,
                PathIn(Text(root, "full-backing-filename") ?? Text(root, "backing-filename")),
                Text(root, "backing-filename-format"),
                PathIn(data));
        }
        catch (Exception e) when (
            e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new DiskException(
                new DiskProblem(
                    DiskFault.ToolFailed, disk, path, $"'qemu-img info' said something else: {e.Message}",
                    "Check which qemu-img is installed."),
                e);
        }
    }

    private static string? Text(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var text) ? text.GetString() : null;

    // What is relative to a name with "file:" is resolved to one with it.
    private static string? PathIn(string? name) =>
        name?.StartsWith("file:", StringComparison.Ordinal) == true ? name["file:".Length..] : name;

    // "nbd:..." and "json:..." would be protocols; with "file:" before it a name is only ever a file's.
    private static string FileName(string path) => "file:" + path;

    private static string Words(ProgramResult result) => HypervisorText.Cut(result.Errors.Trim());

    private async Task<ProgramResult> RunAsync(
        DiskId disk, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        try
        {
            return await ProgramRun.ToEndAsync(
                program, arguments, TimeSpan.FromMilliseconds(Limits.Disks.QemuImgTimeoutMs), time, cancellation);
        }
        catch (HypervisorException e)
        {
            throw new DiskException(
                new DiskProblem(
                    DiskFault.ToolFailed, disk, program, e.Message.TrimEnd('.'), "Install qemu-utils, or name the program."),
                e);
        }
    }
}
