using System.Runtime.InteropServices;
using Fabric.Drivers.Linux;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Network;

/// <summary>Waits for frames at two ports, for a moment, or to be woken. For the one thread that reads them.</summary>
public sealed class FrameWaiter : IDisposable
{
    private static readonly byte[] Ring = [1, 0, 0, 0, 0, 0, 0, 0];
    private readonly FramePort _a;
    private readonly FramePort _b;
    private readonly SafeFileHandle _bell;

    /// <summary>For these two.</summary>
    public FrameWaiter(FramePort a, FramePort b)
    {
        (_a, _b) = (a, b);
        _bell = Polling.Bell() ?? throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    /// <summary>
    /// The calling thread wakes to the microsecond, and before ordinary programs where the rights allow it: a wire is
    /// not to be late because machines are busy.
    /// </summary>
    /// <param name="priority">Of SCHED_FIFO, 1 to 99.</param>
    /// <returns>Whether it has that priority.</returns>
    public static bool MakeThreadPrecise(int priority) => Polling.MakePrecise(priority);

    /// <summary>Ends a wait under way, or else the next. Any thread may.</summary>
    public void Wake() => _ = Polling.Write(_bell, Ring, Ring.Length);

    /// <summary>Waits no longer than that.</summary>
    /// <returns>Whether a frame waits at either.</returns>
    public (bool AtA, bool AtB) Wait(TimeSpan most)
    {
        var ticks = Math.Max(0, most.Ticks);
        var time = new Polling.Timespec(
            (nint)(ticks / TimeSpan.TicksPerSecond),
            (nint)(ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
        Span<Polling.PollEntry> entries = [EntryOf(_a.File), EntryOf(_b.File), EntryOf(_bell)];
        // A signal interrupts it; then nothing was found, and whoever waits looks again.
        if (Polling.Wait(entries, (nuint)entries.Length, time, 0) <= 0)
            return (false, false);
        if (entries[2].Found != 0)
        {
            Span<byte> rung = stackalloc byte[Ring.Length];
            _ = Polling.Read(_bell, rung, rung.Length);
        }

        return (entries[0].Found != 0, entries[1].Found != 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _bell.Dispose();

    private static Polling.PollEntry EntryOf(SafeFileHandle file) =>
        new() { File = (int)file.DangerousGetHandle(), Wanted = Polling.Readable };
}
