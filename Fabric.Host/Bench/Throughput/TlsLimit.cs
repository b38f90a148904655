using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Fabric.Host.Certificates;
using Fabric.Protocol;
using Fabric.Transport.Security;

namespace Fabric.Host.Bench.Throughput;

/// <summary>
/// What TLS itself carries on this machine: bytes from memory over loopback into nothing, with the product's
/// certificates and versions, one thread at each end of each connection, and no hypervisor and no link beside.
/// </summary>
internal sealed class TlsLimit(string directory, TimeProvider time)
{
    private const long TotalBytes = 1L << 30;
    private const int PieceBytes = 64 * 1024;
    private static readonly HostId Source = HostId.Of("a");
    private static readonly HostId Target = HostId.Of("b");

    /// <summary>Sends 1 GiB over so many connections at once.</summary>
    /// <returns>Megabytes a second, all connections together.</returns>
    public async Task<double> MeasureAsync(int connections, CancellationToken cancellation)
    {
        using var near = CertificateOf(Source);
        using var far = CertificateOf(Target);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(connections);
        var pairs = new List<(SslStream Out, SslStream In)>();
        for (var i = 0; i < connections; i++)
            pairs.Add(await PairAsync(listener, new PeerPolicy(near, time), new PeerPolicy(far, time), cancellation));
        var began = time.GetTimestamp();
        var each = TotalBytes / connections;
        await Task.WhenAll(pairs.SelectMany(p => new[]
        {
            OnThread(() => Send(p.Out, each)),
            OnThread(() => Take(p.In, each)),
        }));
        var seconds = time.GetElapsedTime(began).TotalSeconds;
        foreach (var (output, input) in pairs)
        {
            await output.DisposeAsync();
            await input.DisposeAsync();
        }

        return TotalBytes / 1e6 / seconds;
    }

    private static Task OnThread(Action work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Send(SslStream stream, long bytes)
    {
        var piece = new byte[PieceBytes];
        new Random(1).NextBytes(piece);
        for (; bytes > 0; bytes -= piece.Length)
            stream.Write(piece);
    }

    private static void Take(SslStream stream, long bytes)
    {
        var piece = new byte[PieceBytes];
        while (bytes > 0 && stream.Read(piece) is > 0 and var count)
            bytes -= count;
    }

    private static async Task<(SslStream Out, SslStream In)> PairAsync(
        Socket listener, PeerPolicy source, PeerPolicy target, CancellationToken cancellation)
    {
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        // Not an asynchronous call on either socket before blocking ones: it would leave them non-blocking.
        near.Connect(listener.LocalEndPoint!);
        var far = listener.Accept();
        var output = new SslStream(new NetworkStream(near, ownsSocket: true));
        var input = new SslStream(new NetworkStream(far, ownsSocket: true));
        var accepting = OnThread(() => input.AuthenticateAsServer(target.ServerOptions([PeerRole.Node], _ => { })));
        output.AuthenticateAsClient(source.ClientOptions(Target.Value, refused: _ => { }));
        await accepting.WaitAsync(cancellation);
        return (output, input);
    }

    private NodeCertificate CertificateOf(HostId host) => CertificateFiles.Load(
        Path.Combine(directory, CertificateAuthority.CaFile), Path.Combine(directory, $"{host}.crt"),
        Path.Combine(directory, $"{host}.key"), time);
}
