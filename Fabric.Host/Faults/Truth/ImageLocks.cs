using System.Globalization;

namespace Fabric.Host.Faults.Truth;

/// <summary>An image that a process holds for writing.</summary>
/// <param name="Image">Device and number of its file.</param>
/// <param name="Path">As it was opened.</param>
internal sealed record HeldImage(string Image, string Path);

/// <summary>
/// Asks the kernel, not the hypervisor, which images a process may write. QEMU holds a lock on byte 101 of a file as long
/// as anything in it may write there (100 and the bit of the permission), and gives it up when it inactivates the disk.
/// The locks are those of an open file, so /proc/locks does not say whose they are; /proc/PID/fdinfo does.
/// </summary>
internal static class ImageLocks
{
    private const long WriteByte = 101;

    /// <summary>The images below these directories that the process holds for writing; none when it is gone.</summary>
    public static IReadOnlyList<HeldImage> HeldBy(int process, IReadOnlyList<string> directories)
    {
        var held = new List<HeldImage>();
        var root = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
        try
        {
            foreach (var file in new DirectoryInfo(root + "/fd").EnumerateFileSystemInfos())
            {
                if (file.LinkTarget is not { } path || !directories.Any(d => IsIn(path, d)))
                    continue;
                foreach (var line in File.ReadLines($"{root}/fdinfo/{file.Name}"))
                {
                    if (ImageOf(line) is { } image)
                        held.Add(new HeldImage(image, path));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file was closed or the process ended while it was looked at: the next look tells.
        }

        return [.. held.DistinctBy(h => h.Image, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Reads <c>lock: 1: OFDLCK ADVISORY READ -1 fe:00:11846031 100 101</c>; the file, when the lock says that its
    /// holder may write. Locks of one holder that touch are told as one.
    /// </summary>
    internal static string? ImageOf(string line)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words is ["lock:", _, "OFDLCK", _, _, _, var file, var first, var last]
            && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            && from <= WriteByte && to >= WriteByte
            ? file
            : null;
    }

    private static bool IsIn(string path, string directory) =>
        path.Length > directory.Length && path.StartsWith(directory, StringComparison.Ordinal)
        && path[directory.Length] == '/';
}
