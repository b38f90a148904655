using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Connect;

/// <summary>
/// What the data link asks of TCP. Buffer sizes are left to the kernel on purpose: setting them turns its
/// tuning off and caps the window below what a WAN needs. What is limited is the part that was not sent yet, so that
/// QEMU, which judges the bandwidth by how fast its socket empties, feels the path and not our buffers.
/// </summary>
internal static class TcpTuning
{
    // <netinet/tcp.h>
    private const int Congestion = 13;
    private const int UserTimeout = 18;
    private const int NotSentLowWater = 25;

    /// <summary>
    /// Tunes it. With a congestion control that this kernel does not have (a module that is not loaded, or not allowed)
    /// it keeps the kernel's own: slower on a lossy path, but a path. That is the news, if any.
    /// </summary>
    public static LinkNews? Apply(Socket socket, string? congestion = null)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Limits.Relay.KeepAliveIdleS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval,
            Limits.Relay.KeepAliveIntervalS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount,
            Limits.Relay.KeepAliveProbes);
        if (!OperatingSystem.IsLinux())
            return null;
        SetRaw(socket, UserTimeout, Limits.Relay.TcpUserTimeoutMs);
        SetRaw(socket, NotSentLowWater, Limits.Relay.NotSentLowWater);
        return congestion is null ? null : SetCongestion(socket, congestion);
    }

    /// <summary>The congestion control that a socket has.</summary>
    public static string CongestionOf(Socket socket)
    {
        // TCP_CA_NAME_MAX is 16.
        Span<byte> name = stackalloc byte[16];
        var length = socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, Congestion, name);
        return Encoding.ASCII.GetString(name[..length]).TrimEnd('\0');
    }

    private static LinkNews? SetCongestion(Socket socket, string name)
    {
        try
        {
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, Congestion, Encoding.ASCII.GetBytes(name));
            return null;
        }
        catch (SocketException e)
        {
            return new LinkNews(
                LinkNewsKind.CongestionFellBack, 0, 0,
                $"this kernel does not let the data link use {name} ({e.SocketErrorCode}); it keeps " +
                $"{CongestionOf(socket)}. See net.ipv4.tcp_allowed_congestion_control");
        }
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
