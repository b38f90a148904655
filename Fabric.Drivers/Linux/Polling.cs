using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Linux;

/// <summary>Waiting for several files at once, to the microsecond, and what makes that true.</summary>
internal static partial class Polling
{
    internal const short Readable = 0x001;
    private const int TimerSlack = 29;
    private const int FirstInFirstOut = 1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>A file that is readable once something was written to it, or null with the error set.</summary>
    internal static SafeFileHandle? Bell()
    {
        var file = EventFile(0, NonBlocking | CloseOnExec);
        return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
    }

    /// <summary>
    /// Timers of the calling thread fire to the microsecond, and it runs before ordinary programs where it may.
    /// </summary>
    /// <returns>Whether it has the priority.</returns>
    internal static bool MakePrecise(int priority)
    {
        _ = ProcessControl(TimerSlack, 1, 0, 0, 0);
        return SetScheduler(0, FirstInFirstOut, in priority) == 0;
    }

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    internal static partial int Wait(Span<PollEntry> entries, nuint count, in Timespec timeout, nint signals);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(SafeFileHandle file, Span<byte> bytes, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, nint length);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFile(uint start, int flags);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int thread, int policy, in int priority);

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        public int File;
        public short Wanted;
        public short Found;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Timespec(nint Seconds, nint Nanoseconds);
}
