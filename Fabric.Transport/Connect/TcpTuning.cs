using System.Buffers.Binary;
using System.Net.Sockets;
using Fabric.Protocol;

namespace Fabric.Transport.Connect;

/// <summary>
/// What the data link asks of TCP. Buffer sizes are left to the kernel on purpose: setting them turns its
/// tuning off and caps the window below what a WAN needs. What is limited is the part that was not sent yet, so that
/// QEMU, which judges the bandwidth by how fast its socket empties, feels the path and not our buffers.
/// </summary>
internal static class TcpTuning
{
    // <netinet/tcp.h>
    private const int UserTimeout = 18;
    private const int NotSentLowWater = 25;

    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Limits.Relay.KeepAliveIdleS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval,
            Limits.Relay.KeepAliveIntervalS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount,
            Limits.Relay.KeepAliveProbes);
        if (!OperatingSystem.IsLinux())
            return;
        SetRaw(socket, UserTimeout, Limits.Relay.TcpUserTimeoutMs);
        SetRaw(socket, NotSentLowWater, Limits.Relay.NotSentLowWater);
    }

    private static void SetRaw(Socket socket, int option, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, option, bytes);
    }
}
