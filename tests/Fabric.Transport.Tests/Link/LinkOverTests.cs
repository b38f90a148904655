using System.Net;
using System.Net.Sockets;
using Fabric.Protocol;

namespace Fabric.Transport.Tests.Link;

public class LinkOverMemoryTests : LinkSpec
{
    protected override int CutStep => 1;

    internal override LinkRig Rig(LinkTerms terms) => new(MemoryPath.Make, tls: false, terms);
}

public class LinkOverTcpTests : LinkSpec
{
    protected override int CutStep => 7;

    internal override LinkRig Rig(LinkTerms terms) => new(TcpPair, tls: false, terms);

    internal static (Stream A, Stream B) TcpPair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var a = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        a.Connect(listener.LocalEndPoint!);
        var b = listener.Accept();
        b.NoDelay = true;
        return (new NetworkStream(a, ownsSocket: true), new NetworkStream(b, ownsSocket: true));
    }
}

public class LinkOverTlsTests : LinkSpec
{
    protected override int CutStep => 37;

    // TLS names the host; other certificates are DataListenerTests' part.
    protected override bool HasForeignHosts => false;

    // A handshake takes 5 ms.
    protected override int Strangers => 100;

    internal override LinkRig Rig(LinkTerms terms) => new(LinkOverTcpTests.TcpPair, tls: true, terms);
}
