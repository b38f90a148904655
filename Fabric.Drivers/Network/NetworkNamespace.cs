using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Fabric.Drivers.Linux;
using Fabric.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Network;

/// <summary>
/// Where interfaces are. A namespace belongs to a thread: what is done in another one runs on a thread of its own,
/// which
/// ends with it and never goes back to the pool. A socket stays where it was opened, so only the opening needs this;
/// files
/// under /proc/sys/net are those of the thread that opens them.
/// </summary>
public sealed class NetworkNamespace(string? name)
{
    private const int KindNetwork = 0x40000000;
    private const string NamedDirectory = "/var/run/netns/";
    private const string OwnOfThread = "/proc/thread-self/ns/net";
    private SafeFileHandle? _file;

    /// <summary>The program's own.</summary>
    public static NetworkNamespace Own { get; } = new(null);

    /// <summary>A new one that nothing else is in. It lasts as long as this object, or what was opened in it.</summary>
    public static NetworkNamespace Fresh()
    {
        SafeFileHandle? file = null;
        var failure = "";
        var maker = new Thread(() =>
        {
            if (Sockets.LeaveNamespaces(KindNetwork) == 0)
                file = File.OpenHandle(OwnOfThread);
            else
                failure = Marshal.GetLastPInvokeErrorMessage();
        })
        { IsBackground = true, Name = "netns" };
        maker.Start();
        maker.Join();
        return file is not null
            ? new NetworkNamespace($"/proc/self/fd/{file.DangerousGetHandle()}") { _file = file }
            : throw new NetworkException(
                NetworkFault.NotPermitted, "a new network namespace", failure, "Run with the capability SYS_ADMIN.");
    }

    /// <summary>The file that stands for it; null for the program's own.</summary>
    public string? Path { get; } = name is null ? null : name.StartsWith('/') ? name : NamedDirectory + name;

    /// <summary>Does something there.</summary>
    public T Run<T>(Func<T> work)
    {
        if (Path is null)
            return work();
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter(Path);
                GC.KeepAlive(_file);
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        { IsBackground = true, Name = "netns" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    /// <summary>Does something there.</summary>
    public void Run(Action work) => Run<object?>(() =>
    {
        work();
        return null;
    });

    /// <inheritdoc/>
    public override string ToString() => Path ?? "this program's network namespace";

    private static void Enter(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            if (Sockets.EnterNamespace(file, KindNetwork) == 0)
                return;
            throw new NetworkException(
                NetworkFault.NamespaceMissing, path,
                $"it is no network namespace, or this program may not enter it: {Marshal.GetLastPInvokeErrorMessage()}",
                "Name a namespace of 'ip netns list', and run with the capabilities NET_ADMIN and SYS_ADMIN.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException(
                NetworkFault.NamespaceMissing, path, $"the network namespace cannot be opened: {Names.Shown(e.Message)}",
                $"Make it with 'ip netns add', or correct its name in the configuration.", e);
        }
    }
}
