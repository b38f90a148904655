using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>
/// Notes as files: a line of JSON, and a line with its SHA-256, so that a note which any bit was flipped in is known as
/// damaged. What a note allows is the removal of an image, so one that cannot be trusted allows nothing.
/// </summary>
internal static class DiskNotes
{
    /// <summary>Reads the note beside an image; null when there is none.</summary>
    /// <exception cref="DiskException">It is damaged.</exception>
    public static DiskNote? Read(DiskId? disk, string image)
    {
        var path = DiskFiles.NoteOf(image);
        var bytes = DiskFiles.Told(disk, path, () => BytesOf(path));
        if (bytes is null)
            return null;
        return Parse(bytes) is { } note && string.Equals(note.File, Path.GetFileName(image), StringComparison.Ordinal)
            ? note
            : throw new DiskException(new DiskProblem(
                DiskFault.NoteUnreadable, disk, path, "the note is damaged, so nothing is concluded about its image",
                "Find out whose image it is; remove note and image by hand when it is nobody's."));
    }

    /// <summary>Writes it in place of the one before; durable when it returns.</summary>
    public static void Write(string image, DiskNote note)
    {
        var path = DiskFiles.NoteOf(image);
        DiskFiles.Told(note.Disk, path, () =>
        {
            DiskFiles.Write(path, Bytes(note));
            return true;
        });
    }

    /// <summary>All notes of a directory, damaged ones too.</summary>
    public static IReadOnlyList<DiskFound> List(string directory) => DiskFiles.Told(null, directory, () =>
        !Directory.Exists(directory)
            ? []
            : Directory.EnumerateFiles(directory, ".*" + DiskFiles.NoteEnding)
                .Order(StringComparer.Ordinal).Take(Limits.Disks.NotesMax).Select(Found).ToArray());

    internal static byte[] Bytes(DiskNote note)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(note, DiskJson.Default.DiskNote);
        return [.. json, (byte)'\n', .. Encoding.ASCII.GetBytes(Sum(json)), (byte)'\n'];
    }

    internal static DiskNote? Parse(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0 || !bytes[(end + 1)..].SequenceEqual(Encoding.ASCII.GetBytes(Sum(bytes[..end]) + "\n")))
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes[..end], DiskJson.Default.DiskNote) is { } note
                && Enum.IsDefined(note.State) && Enum.IsDefined(note.Format)
                ? note
                : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private static DiskFound Found(string path)
    {
        var name = Path.GetFileName(path);
        var image = Path.Combine(Path.GetDirectoryName(path)!, name[1..^DiskFiles.NoteEnding.Length]);
        try
        {
            return new DiskFound(image, Read(null, image), null, File.Exists(image));
        }
        catch (DiskException e)
        {
            return new DiskFound(image, null, e.Problem, File.Exists(image));
        }
    }

    private static byte[]? BytesOf(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > Limits.Disks.NoteBytesMax)
                return [];
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string Sum(ReadOnlySpan<byte> json) => Convert.ToHexStringLower(SHA256.HashData(json));
}
