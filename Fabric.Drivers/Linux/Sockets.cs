using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Linux;

/// <summary>Sockets of families that .NET does not know: netlink and packet.</summary>
internal static partial class Sockets
{
    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Open(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(SafeFileHandle socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(SafeFileHandle socket, ReadOnlySpan<byte> bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(SafeFileHandle socket, Span<byte> bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    internal static partial nint ReceiveFrom(
        SafeFileHandle socket, Span<byte> bytes, nint length, int flags, Span<byte> address, ref int addressLength);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetOption(
        SafeFileHandle socket, int level, int option, ReadOnlySpan<byte> value, int length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeFileHandle file, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    internal static partial int EnterNamespace(SafeFileHandle file, int kind);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    internal static partial int LeaveNamespaces(int kinds);

    /// <summary>SO_RCVTIMEO and SO_SNDTIMEO take a struct timeval.</summary>
    internal static void SetTimeout(SafeFileHandle socket, int level, int option, int milliseconds)
    {
        Span<nint> time = [milliseconds / 1000, milliseconds % 1000 * 1000];
        var bytes = MemoryMarshal.AsBytes(time);
        _ = SetOption(socket, level, option, bytes, bytes.Length);
    }
}
