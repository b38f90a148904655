using System.Runtime.InteropServices;

namespace Fabric.Embedded.Linux;

/// <summary>The few calls of Linux that .NET does not wrap. Numbers are the same on x86-64 and arm64.</summary>
internal static partial class LibC
{
    internal const int ReadWrite = 0x1 | 0x2;
    internal const int PrivateAnonymousNoReserve = 0x2 | 0x20 | 0x4000;
    internal const int AdviseHugePages = 14;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    internal static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    internal static partial int Duplicate(int descriptor, int into);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "writev", SetLastError = true)]
    internal static unsafe partial nint WriteGathered(int descriptor, IoVector* vectors, int count);

    [LibraryImport("libc", EntryPoint = "umask")]
    internal static partial uint FileMask(uint mask);
}
