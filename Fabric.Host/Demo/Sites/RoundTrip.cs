using System.Net;
using System.Net.Sockets;
using Fabric.Drivers.Network;

namespace Fabric.Host.Demo.Sites;

/// <summary>
/// How far the guest is from its client: the time in which a connection opens, which is one round trip. After the move it
/// shows whether packets go round by the old site.
/// </summary>
internal static class RoundTrip
{
    private const int Tries = 5;

    /// <summary>The least of several, in ms; null when one did not open.</summary>
    public static async Task<double?> MeasureAsync(
        NetworkNamespace place, IPEndPoint server, TimeProvider time, CancellationToken cancellation)
    {
        var least = double.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            using var socket = place.Run(() => new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            var began = time.GetTimestamp();
            try
            {
                await socket.ConnectAsync(server, cancellation);
            }
            catch (SocketException)
            {
                return null;
            }

            least = Math.Min(least, time.GetElapsedTime(began).TotalMilliseconds);
        }

        return least;
    }
}
