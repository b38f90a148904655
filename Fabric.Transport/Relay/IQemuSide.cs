using System.Net.Sockets;

namespace Fabric.Transport.Relay;

/// <summary>The relay's end of a UNIX socket whose other end is a QEMU.</summary>
internal interface IQemuSide
{
    /// <summary>The connection, once there is one; fails when there will be none.</summary>
    Task<Socket> Connected { get; }

    /// <summary>The connection for bytes that have come from the link; makes it where it is up to this side. Blocks.</summary>
    Socket ConnectForBytes();

    /// <summary>
    /// Closes at once whatever is open, from any thread; calls under way fail. This is what frees a source's QEMU that
    /// hangs in its last write: it sees the socket closed, fails its migration and resumes its guest.
    /// </summary>
    void Close();
}
