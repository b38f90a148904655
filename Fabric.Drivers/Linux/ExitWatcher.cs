using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Linux;

/// <summary>
/// Tells when processes end that are not our children: each is a pidfd, and one thread waits for all of them in
/// epoll. The thread lives as long as the program, as there is one for all machines.
/// </summary>
internal sealed class ExitWatcher
{
    private const int Add = 1;
    private const int CloseOnExec = 0x80000;
    private const uint ReadableOnce = 0x1 | (1u << 30);
    private const int BatchMax = 16;
    private const int Interrupted = 4;

    // The kernel packs struct epoll_event on x86-64 and nowhere else.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EntrySize = DataOffset + 8;
    private static readonly Lazy<ExitWatcher> Instance = new(() => new ExitWatcher());

    private readonly ConcurrentDictionary<long, TaskCompletionSource> _waiting = new();
    private readonly int _epoll;
    private long _lastKey;

    private ExitWatcher()
    {
        _epoll = LibC.EpollCreate(CloseOnExec);
        if (_epoll < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_create1 failed");
        new Thread(Wait) { IsBackground = true, Name = "process exits" }.Start();
    }

    /// <summary>
    /// The task completes when the process behind the pidfd has ended. Closing the pidfd ends the
    /// watch.
    /// </summary>
    public static (Task Exited, IDisposable Watch) Watch(SafeFileHandle pidfd) => Instance.Value.Register(pidfd);

    private (Task Exited, IDisposable Watch) Register(SafeFileHandle pidfd)
    {
        var key = Interlocked.Increment(ref _lastKey);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[key] = ended;
        Span<byte> entry = stackalloc byte[16];
        MemoryMarshal.Write(entry, ReadableOnce);
        MemoryMarshal.Write(entry[DataOffset..], key);
        if (LibC.EpollControl(_epoll, Add, (int)pidfd.DangerousGetHandle(), entry) != 0)
        {
            _waiting.TryRemove(key, out _);
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_ctl failed");
        }

        return (ended.Task, new Registration(this, key));
    }

    private void Wait()
    {
        Span<byte> entries = stackalloc byte[BatchMax * 16];
        while (true)
        {
            var count = LibC.EpollWait(_epoll, entries, BatchMax, -1);
            if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_wait failed");
            for (var i = 0; i < count; i++)
            {
                var key = MemoryMarshal.Read<long>(entries[((i * EntrySize) + DataOffset)..]);
                if (_waiting.TryRemove(key, out var ended))
                    ended.TrySetResult();
            }
        }
    }

    private sealed class Registration(ExitWatcher watcher, long key) : IDisposable
    {
        public void Dispose() => watcher._waiting.TryRemove(key, out _);
    }
}
