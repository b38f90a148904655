using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Linux;

/// <summary>
/// Holds on to one process that need not be our child: tells when it ends and ends it. A pidfd stays with its
/// process, so a signal never reaches another one that was given the pid later.
/// </summary>
internal sealed class ProcessHandle : IDisposable
{
    private readonly SafeFileHandle _pidfd;
    private readonly IDisposable _watch;

    private ProcessHandle(ProcessIdentity identity, SafeFileHandle pidfd)
    {
        Identity = identity;
        _pidfd = pidfd;
        (Exited, _watch) = ExitWatcher.Watch(pidfd);
    }

    /// <summary>Which process.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Completes when it has ended, whether or not its parent has collected it.</summary>
    public Task Exited { get; }

    /// <summary>Null when this very process is gone.</summary>
    public static ProcessHandle? Open(ProcessIdentity identity)
    {
        var descriptor = LibC.PidfdOpen(identity.ProcessId);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == LibC.NoSuchProcess
                ? null
                : throw new Win32Exception(error, $"pidfd_open of process {identity.ProcessId} failed");
        }

        var pidfd = new SafeFileHandle(descriptor, ownsHandle: true);

        // Only now: from here the pid cannot pass to another process unseen.
        if (identity.IsAlive())
            return new ProcessHandle(identity, pidfd);
        pidfd.Dispose();
        return null;
    }

    /// <summary>Sends SIGKILL; nothing when it is gone already.</summary>
    public void Kill()
    {
        if (Exited.IsCompleted)
            return;
        var held = false;
        try
        {
            _pidfd.DangerousAddRef(ref held);
            if (LibC.PidfdSendSignal((int)_pidfd.DangerousGetHandle(), LibC.Kill) != 0
                && Marshal.GetLastPInvokeError() is var error and not LibC.NoSuchProcess)
                throw new Win32Exception(error, $"cannot kill process {Identity.ProcessId}");
        }
        finally
        {
            if (held)
                _pidfd.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Dispose();
        _pidfd.Dispose();
    }
}
