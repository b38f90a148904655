namespace Fabric.Drivers.Network.Netlink;

/// <summary>The socket, or what stands for it in a test.</summary>
internal interface INetlinkChannel : IDisposable
{
    /// <summary>Sends one datagram, or throws <see cref="NetlinkException"/>.</summary>
    void Send(ReadOnlySpan<byte> datagram);

    /// <summary>
    /// Waits for one datagram; its length. Throws <see cref="NetlinkException"/>: nothing came in time, something was
    /// lost
    /// (ENOBUFS), or it is longer than the buffer.
    /// </summary>
    int Receive(Span<byte> buffer);
}
