using System.Net.Sockets;

namespace Fabric.Transport.Relay;

/// <summary>The relay's end of a UNIX socket whose other end is a QEMU.</summary>
internal interface IQemuSide
{
    /// <summary>The first connection, once there is one; fails when there will be none.</summary>
    Task<Socket> Connected { get; }

    /// <summary>The connection now; null while there is none.</summary>
    Socket? Current { get; }

    /// <summary>
    /// Held, as a monitor, while bytes for QEMU are made and given to it: another QEMU is filled between two turns, or
    /// while one of them waits for it.
    /// </summary>
    object Turn { get; }

    /// <summary>Another QEMU may take the place of one that breaks its connection. Any thread, only for now.</summary>
    bool MayBeReplaced { get; }

    /// <summary>The connection for bytes that have come from the link; makes it where it is up to this side. Blocks.</summary>
    Socket ConnectForBytes();

    /// <summary>
    /// A connection broke, or none could be made (null). Waits, without the turn if it was held, until another QEMU is
    /// there that has everything up to now; false when there will be none.
    /// </summary>
    bool AwaitNext(Socket? broken);

    /// <summary>
    /// Closes at once whatever is open, from any thread; calls under way fail. This is what frees a source's QEMU that
    /// hangs in its last write: it sees the socket closed, fails its migration and resumes its guest.
    /// </summary>
    void Close();
}
