using System.Net.Sockets;

namespace Fabric.Transport.Disks;

/// <summary>How this side's QEMU is met: it comes to the source, and is gone to at the target.</summary>
internal interface IDiskEnd
{
    /// <summary>Conversations begin here.</summary>
    bool Opens { get; }

    /// <summary>Where they begin: waits for QEMU's next connection; null when this was closed.</summary>
    Socket? Accept();

    /// <summary>Where they do not: connects; an error when QEMU does not take it.</summary>
    void Connect(Socket socket);

    /// <summary>Meets no more. Any thread.</summary>
    void Close();
}
