using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fabric.Host.Certificates;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Benchmarks.Relay;

/// <summary>Makes pairs of linked ends on loopback, with TLS as the product has it, and without.</summary>
internal sealed class Links : IAsyncDisposable
{
    private static readonly HostId Source = HostId.Of("a");
    private static readonly HostId Target = HostId.Of("b");
    private readonly List<NodeCertificate> _certificates = [];
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly TicketBook _tickets;
    private readonly DataListener _listener;
    private readonly DataConnector _connector;
    private int _count;

    public Links(string directory)
    {
        CertificateAuthority.Init(directory, "bench", TimeSpan.FromDays(1), TimeProvider.System);
        _tickets = new TicketBook(_random, TimeProvider.System);
        _listener = DataListener.Start(
            new IPEndPoint(IPAddress.Loopback, 0), PolicyOf(directory, Target), _tickets, TimeProvider.System,
            refused => BenchOptions.Note(refused.ToString()));
        _connector = new DataConnector(PolicyOf(directory, Source), TimeProvider.System);
    }

    public Task<(IDataLink Source, IDataLink Target)> MakeAsync(Way way) => way switch
    {
        Way.Plain => Task.FromResult(Plain()),
        Way.Tls => TlsAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(way), way, "no link is needed"),
    };

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _certificates.ForEach(c => c.Dispose());
        _random.Dispose();
    }

    private static (IDataLink Source, IDataLink Target) Plain()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        TcpTuning.Apply(near);

        // Not an asynchronous call on either socket: see LinkWire.
        near.Connect(listener.LocalEndPoint!);
        var far = listener.Accept();
        TcpTuning.Apply(far);
        TcpTuning.Choose(near, LinkTerms.ByPath);
        TcpTuning.Choose(far, LinkTerms.ByPath);
        return (
            DataLink.Over(new NetworkStream(near, ownsSocket: true), LinkChannel.Ram, TimeProvider.System),
            DataLink.Over(new NetworkStream(far, ownsSocket: true), LinkChannel.ReturnPath, TimeProvider.System));
    }

    private async Task<(IDataLink Source, IDataLink Target)> TlsAsync()
    {
        var migration = MigrationId.Of($"m-{++_count}");
        var ticket = _tickets.Issue(migration, 1, Source);
        var accepting = _listener.AcceptAsync(ticket, CancellationToken.None);
        var near = await _connector.ConnectAsync(
            new DataEndpoint("127.0.0.1", _listener.LocalEndPoint.Port), Target, migration, 1, ticket, CancellationToken.None);
        return (near, await accepting);
    }

    private PeerPolicy PolicyOf(string directory, HostId host)
    {
        CertificateAuthority.IssueNode(directory, host.Value, null, TimeSpan.FromDays(1), TimeProvider.System, force: false);
        var certificate = CertificateFiles.Load(
            Path.Combine(directory, CertificateAuthority.CaFile), Path.Combine(directory, $"{host}.crt"),
            Path.Combine(directory, $"{host}.key"), TimeProvider.System);
        _certificates.Add(certificate);
        return new PeerPolicy(certificate, TimeProvider.System);
    }
}
