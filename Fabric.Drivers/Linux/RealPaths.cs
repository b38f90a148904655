using System.Runtime.InteropServices;

namespace Fabric.Drivers.Linux;

/// <summary>Where paths lead to when every link on the way is followed; .NET follows the last one alone.</summary>
internal static class RealPaths
{
    private const int MayWrite = 2;

    /// <summary>Null when there is nothing, or nothing that may be looked at.</summary>
    public static string? Of(string path)
    {
        var found = LibC.RealPath(path, 0);
        if (found == 0)
            return null;
        try
        {
            return Marshal.PtrToStringUTF8(found);
        }
        finally
        {
            LibC.Free(found);
        }
    }

    /// <summary>Whether it can be written: permissions, and a file system that is not read-only.</summary>
    public static bool IsWritable(string path) => LibC.Access(path, MayWrite) == 0;

    /// <summary>Whether a path leads into a directory.</summary>
    public static bool IsWithin(string path, string directory) =>
        Of(path) is { } file && Of(directory) is { } holder
        && file.StartsWith(holder.TrimEnd('/') + "/", StringComparison.Ordinal);
}
