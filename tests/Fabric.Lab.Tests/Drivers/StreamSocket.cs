using System.Net.Sockets;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>The near end of a migration stream: what an agent's relay is to QEMU, and no more.</summary>
internal sealed class StreamSocket : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public StreamSocket(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
    }

    public string Path { get; }

    public Task<Socket> AcceptAsync() => _listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(60));

    public static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>
    /// Carries bytes until the end of the stream or of a socket; a copy goes to
    /// <paramref name="record"/>.
    /// </summary>
    public static async Task CopyAsync(
        Socket from, Socket? to, Stream? record, CancellationToken cancellation = default)
    {
        var buffer = new byte[256 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellation) is var count and > 0)
            {
                record?.Write(buffer, 0, count);
                for (var sent = 0; to is not null && sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side is gone, or the test wants no more read: as good as the end of the stream here.
        }
    }

    public void Dispose() => _listener.Dispose();
}
