using System.Net;
using System.Net.Sockets;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests;

/// <summary>Two ends of a TCP connection over loopback, without TLS: the tests of frames speak raw bytes on
/// it.</summary>
internal static class Streams
{
    public static async Task<(NetworkStream A, NetworkStream B)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var a = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var accepted = listener.AcceptAsync();

        // Not an asynchronous call on either socket: see DataLink.
        a.Connect(listener.LocalEndPoint!);
        var b = await accepted.Within();
        b.NoDelay = true;
        return (new NetworkStream(a, ownsSocket: true), new NetworkStream(b, ownsSocket: true));
    }

    /// <summary>A target's link, and the raw stream of whoever plays the source.</summary>
    public static async Task<(NetworkStream Raw, DataLink Link)> RawSourceAsync()
    {
        var (a, b) = await PairAsync();
        return (a, DataLink.Over(b, LinkChannel.ReturnPath, TimeProvider.System));
    }

    public static async Task<(DataLink Source, DataLink Target)> LinksAsync(TimeProvider time)
    {
        var (a, b) = await PairAsync();
        return (DataLink.Over(a, LinkChannel.Ram, time), DataLink.Over(b, LinkChannel.ReturnPath, time));
    }

    public static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, Guard.Token());
        return bytes;
    }
}
