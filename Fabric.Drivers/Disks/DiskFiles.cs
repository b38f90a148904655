using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>
/// What lies beside an image. The names begin with a dot, which no image's may:
/// <code>
/// .FILE.fabric.json    the note
/// .FILE.fabric-new     an image on its way
/// .FILE.TOKEN.fabric-id  the identity of a shared image
/// </code>
/// </summary>
internal static class DiskFiles
{
    /// <summary>How a note's name ends.</summary>
    public const string NoteEnding = ".fabric.json";

    private const string IdentityEnding = ".fabric-id";

    /// <summary>The note of an image.</summary>
    public static string NoteOf(string image) => Beside(image, NoteEnding);

    /// <summary>The image on its way.</summary>
    public static string NewOf(string image) => Beside(image, ".fabric-new");

    /// <summary>A token of a shared image.</summary>
    public static string IdentityOf(string image, string token) => Beside(image, $".{token}{IdentityEnding}");

    /// <summary>Tokens of a shared image that lie there.</summary>
    public static IEnumerable<string> IdentitiesOf(string image) => Directory.EnumerateFiles(
        Path.GetDirectoryName(image)!, $".{Path.GetFileName(image)}.*{IdentityEnding}");

    /// <summary>Writes a file so that it is there whole or not at all, also after a power cut.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var next = path + ".next";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        Sync(path);
    }

    /// <summary>Deletes a file durably; nothing there is right too.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        Sync(path);
    }

    /// <summary>Makes what happened in a file's directory durable.</summary>
    public static void Sync(string path)
    {
        using var directory = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        DirectoryHandle.Sync(directory);
    }

    /// <summary>The file system's refusals as typed errors.</summary>
    public static T Told<T>(DiskId? disk, string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new DiskException(
                new DiskProblem(
                    DiskFault.StorageFailed, disk, path, e.Message.TrimEnd('.'),
                    "Look at the file system: room, permissions, errors in the kernel's log."),
                e);
        }
    }

    private static string Beside(string image, string ending) =>
        Path.Combine(Path.GetDirectoryName(image)!, $".{Path.GetFileName(image)}{ending}");
}
