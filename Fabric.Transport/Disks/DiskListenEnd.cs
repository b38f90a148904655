using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Relay;

namespace Fabric.Transport.Disks;

/// <summary>The source's: listens on a path, which is gone when this is closed.</summary>
internal sealed class DiskListenEnd : IDiskEnd
{
    private readonly Socket _listener;

    public DiskListenEnd(string path)
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Bound, made private, and only then listening: nobody can connect in between.
            _listener.Bind(QemuPath.EndPointOf(path));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _listener.Listen(Limits.DiskLink.Backlog);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
    }

    public bool Opens => true;

    public Socket? Accept()
    {
        try
        {
            // Asynchronous, on a thread that has nothing else to do: closing the listener ends it for certain.
            return _listener.AcceptAsync().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    public void Connect(Socket socket) => throw new InvalidOperationException("QEMU comes to the source");

    public void Close() => _listener.Dispose();
}
