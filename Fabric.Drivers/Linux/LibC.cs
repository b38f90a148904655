using System.Runtime.InteropServices;

namespace Fabric.Drivers.Linux;

/// <summary>The few calls of Linux that .NET does not wrap. Numbers are the same on x86-64 and arm64.</summary>
internal static partial class LibC
{
    internal const int NoSuchProcess = 3;
    internal const int Kill = 9;

    private const nint PidfdSendSignalNumber = 424;
    private const nint PidfdOpenNumber = 434;

    internal static int PidfdOpen(int processId) => (int)Syscall(PidfdOpenNumber, processId, 0, 0, 0);

    internal static int PidfdSendSignal(int descriptor, int signal) =>
        (int)Syscall(PidfdSendSignalNumber, descriptor, signal, 0, 0);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint RealPath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    internal static partial void Free(nint memory);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int epoll, int operation, int descriptor, ReadOnlySpan<byte> entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int EpollWait(int epoll, Span<byte> entries, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint first, nint second, nint third, nint fourth);
}
