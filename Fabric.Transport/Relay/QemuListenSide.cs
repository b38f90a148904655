using System.Net.Sockets;

namespace Fabric.Transport.Relay;

/// <summary>
/// Towards the source's QEMU: listens on a path, takes one connection, and is then no longer there for others.
/// QEMU's socket has its own send buffer of about 200 KiB (UNIX sockets count it at the sender), so there is nothing
/// to make smaller on this side.
/// </summary>
internal sealed class QemuListenSide : IQemuSide
{
    private readonly Lock _gate = new();
    private readonly Socket _listener;
    private Socket? _socket;
    private bool _closed;

    public QemuListenSide(string path)
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Bound, made private, and only then listening: nobody can connect in between.
            _listener.Bind(QemuPath.EndPointOf(path));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _listener.Listen(1);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        Connected = AcceptAsync();
    }

    public Task<Socket> Connected { get; }

    public Socket? Current => _socket;

    public object Turn { get; } = new();

    /// <summary>A source that is gone is gone: the guest was in it.</summary>
    public bool MayBeReplaced => false;

    public bool AwaitNext(Socket? broken) => false;

    public Socket ConnectForBytes() => Connected.GetAwaiter().GetResult();

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _socket?.Dispose();
        }

        _listener.Dispose();
    }

    private async Task<Socket> AcceptAsync()
    {
        var socket = await _listener.AcceptAsync();
        lock (_gate)
        {
            _socket = socket;
            if (_closed)
                socket.Dispose();
        }

        // Takes the path away too; only once, so that it cannot take a later relay's.
        _listener.Dispose();
        return socket;
    }
}
