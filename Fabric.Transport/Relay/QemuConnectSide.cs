using System.Net.Sockets;
using Fabric.Protocol;

namespace Fabric.Transport.Relay;

/// <summary>
/// Towards the target's QEMU. Connects only for bytes: a connection that closes without any ends an incoming QEMU.
/// </summary>
internal sealed class QemuConnectSide(string path) : IQemuSide
{
    private readonly TaskCompletionSource<Socket> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public Task<Socket> Connected => _connected.Task;

    public Socket ConnectForBytes()
    {
        _socket.SendBufferSize = Limits.Relay.QemuSendBuffer;
        _socket.Connect(QemuPath.EndPointOf(path));
        return _connected.TrySetResult(_socket) ? _socket : throw new ObjectDisposedException(nameof(QemuConnectSide));
    }

    public void Close()
    {
        _connected.TrySetCanceled();
        _socket.Dispose();
    }
}
