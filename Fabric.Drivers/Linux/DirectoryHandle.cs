using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Linux;

/// <summary>A directory that is made durable: .NET opens none.</summary>
internal static partial class DirectoryHandle
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    public static SafeFileHandle Open(string path)
    {
        var descriptor = OpenFile(path, ReadOnly | CloseOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"'{path}': {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public static void Sync(SafeFileHandle directory)
    {
        if (SyncFile(directory) != 0)
            throw new IOException($"a directory cannot be synced: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(SafeFileHandle file);
}
