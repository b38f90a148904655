using System.Net.Sockets;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Relay;

/// <summary>Paths of UNIX sockets.</summary>
internal static class QemuPath
{
    public static UnixDomainSocketEndPoint EndPointOf(string path)
    {
        var length = Encoding.UTF8.GetByteCount(path);
        return length is > 0 and <= Limits.Relay.SocketPathMax
            ? new UnixDomainSocketEndPoint(path)
            : throw new ArgumentException(
                $"the socket path has {length} bytes and may have 1 to {Limits.Relay.SocketPathMax}: choose a shorter run directory",
                nameof(path));
    }
}
