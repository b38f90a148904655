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
public static class TcpTuning
{
    // <netinet/tcp.h>
    private const int Congestion = 13;
    private const int UserTimeout = 18;
    private const int NotSentLowWater = 25;

    /// <summary>What does not depend on the path.</summary>
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

    /// <summary>
    /// Chooses the congestion control of a connection that was made. One that this kernel does not have, or does not
    /// allow, leaves the kernel's own: slower on a lossy path, but a path. That is the news, if any.
    /// </summary>
    public static LinkNews? Choose(Socket socket, string congestion)
    {
        if (!OperatingSystem.IsLinux() || string.Equals(congestion, LinkTerms.KernelsChoice, StringComparison.Ordinal))
            return null;
        if (!string.Equals(congestion, LinkTerms.ByPath, StringComparison.Ordinal))
            return TrySet(socket, congestion) ? null : FellBack(socket, congestion);
        // As the kernel measured it when the connection was made; what it does not know counts as short.
        if (!TcpCounters.TryRead(socket, out var counters) || counters.RoundTripUs < Limits.Link.LongPathUs)
        {
            _ = TrySet(socket, "cubic") || TrySet(socket, "reno");
            return null;
        }

        return TrySet(socket, "bbr") ? null : FellBack(socket, "bbr");
    }

    /// <summary>The congestion control that a socket has.</summary>
    public static string CongestionOf(Socket socket)
    {
        Span<byte> name = stackalloc byte[Limits.Link.CongestionNameMax];
        var length = socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, Congestion, name);
        return Encoding.ASCII.GetString(name[..length]).TrimEnd('\0');
    }

    private static bool TrySet(Socket socket, string name)
    {
        try
        {
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, Congestion, Encoding.ASCII.GetBytes(name));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static LinkNews FellBack(Socket socket, string name) => new(
        LinkNewsKind.CongestionFellBack, 0, 0,
        $"this kernel does not let the data link use {name}; it keeps {CongestionOf(socket)}: see " +
        "net.ipv4.tcp_available_congestion_control and net.ipv4.tcp_allowed_congestion_control");

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
