using System.Net.Sockets;

namespace Fabric.Transport.Disks;

/// <summary>
/// One conversation: a connection of the source's QEMU, and with it one to the target's. It is over when both sides have
/// closed it. Its flags are <see cref="DiskTalks"/>'s.
/// </summary>
internal sealed class DiskTalk(Socket socket)
{
    /// <summary>Towards this side's QEMU. When QEMU is let go, calls on it fail.</summary>
    public Socket Socket => socket;

    /// <summary>QEMU was connected, or cannot be.</summary>
    public bool IsMet { get; set; }

    /// <summary>This side says that it is over.</summary>
    public bool IsClosedHere { get; set; }

    /// <summary>The peer said so.</summary>
    public bool IsClosedThere { get; set; }

    /// <summary>QEMU gets what it was given before, then the end. Ends calls that wait for it. Any thread, any time.</summary>
    public void LetGo() => socket.Dispose();
}
