using System.Net.Sockets;
using Fabric.Transport.Relay;

namespace Fabric.Transport.Disks;

/// <summary>The target's: connects to QEMU's NBD server whenever the source's QEMU has come.</summary>
internal sealed class DiskConnectEnd(string path) : IDiskEnd
{
    private readonly UnixDomainSocketEndPoint _server = QemuPath.EndPointOf(path);

    public bool Opens => false;

    public Socket? Accept() => throw new InvalidOperationException("the target goes to QEMU");

    public void Connect(Socket socket) => socket.Connect(_server);

    public void Close()
    {
    }
}
