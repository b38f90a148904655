using System.Net.Sockets;

namespace Fabric.Transport.Link;

/// <summary>What Linux counts of a connection, from its <c>struct tcp_info</c>; the fields are where they have always
/// been, a kernel that has fewer answers with less.</summary>
/// <param name="RoundTripUs">Smoothed, microseconds.</param>
/// <param name="Sent">Segments with bytes; 0 before Linux 4.6.</param>
/// <param name="Resent">Of them, those that were sent again.</param>
internal readonly record struct TcpCounters(uint RoundTripUs, uint Sent, uint Resent)
{
    private const int Information = 11;

    // 8 bytes, then words, of which four pairs are 64 bits long.
    private const int RoundTripAt = 8 + (15 * sizeof(uint));
    private const int ResentAt = 8 + (23 * sizeof(uint));
    private const int SentAt = 156;
    private const int Size = SentAt + sizeof(uint);

    /// <summary>False where the system does not say, or the connection is closed.</summary>
    public static bool TryRead(Socket? socket, out TcpCounters counters)
    {
        counters = default;
        if (socket is null || !OperatingSystem.IsLinux())
            return false;
        Span<byte> info = stackalloc byte[Size];
        try
        {
            var length = socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, Information, info);
            if (length < Size)
                return false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }

        counters = new TcpCounters(
            BitConverter.ToUInt32(info[RoundTripAt..]), BitConverter.ToUInt32(info[SentAt..]),
            BitConverter.ToUInt32(info[ResentAt..]));
        return true;
    }
}
