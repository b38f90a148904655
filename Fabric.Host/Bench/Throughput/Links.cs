using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fabric.Host.Certificates;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Host.Bench.Throughput;

/// <summary>Makes pairs of linked ends on loopback, with TLS as the product has it, and without.</summary>
internal sealed class Links : IAsyncDisposable
{
    private const int Four = 4;
    private static readonly HostId Source = HostId.Of("a");
    private static readonly HostId Target = HostId.Of("b");
    private readonly List<NodeCertificate> _certificates = [];
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly TicketBook _tickets;
    private readonly DataListener _listener;
    private readonly DataConnector _one;
    private readonly DataConnector _four;
    private readonly TimeProvider _time;
    private int _count;

    /// <param name="directory">For throw-away certificates.</param>
    /// <param name="say">Hears of refused connections.</param>
    /// <param name="time">The clock.</param>
    public Links(string directory, Action<string> say, TimeProvider time)
    {
        _time = time;
        CertificateAuthority.Init(directory, "bench", TimeSpan.FromDays(1), time);
        _tickets = new TicketBook(_random, time);
        _listener = DataListener.Start(
            new IPEndPoint(IPAddress.Loopback, 0), PolicyOf(directory, Target), _tickets, time,
            refused => say(refused.ToString()));
        var policy = PolicyOf(directory, Source);
        _one = new DataConnector(policy, time);
        _four = new DataConnector(policy, time, LinkTerms.Default with { Connections = Four });
    }

    public Task<(IDataLink Source, IDataLink Target)> MakeAsync(Way way, CancellationToken cancellation) => way switch
    {
        Way.Plain => Task.FromResult(Plain()),
        Way.Tls => TlsAsync(_one, cancellation),
        Way.TlsFour => TlsAsync(_four, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(way), way, "no link is needed"),
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _certificates.ForEach(c => c.Dispose());
        _random.Dispose();
    }

    private (IDataLink Source, IDataLink Target) Plain()
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
            DataLink.Over(new NetworkStream(near, ownsSocket: true), LinkChannel.Ram, _time),
            DataLink.Over(new NetworkStream(far, ownsSocket: true), LinkChannel.ReturnPath, _time));
    }

    private async Task<(IDataLink Source, IDataLink Target)> TlsAsync(
        DataConnector connector, CancellationToken cancellation)
    {
        var migration = MigrationId.Of($"m-{++_count}");
        var ticket = _tickets.Issue(migration, 1, Source);
        var accepting = _listener.AcceptAsync(ticket, cancellation);
        var near = await connector.ConnectAsync(
            new DataEndpoint("127.0.0.1", _listener.LocalEndPoint.Port), Target, migration, 1, ticket, cancellation);
        return (near, await accepting);
    }

    private PeerPolicy PolicyOf(string directory, HostId host)
    {
        CertificateAuthority.IssueNode(directory, host.Value, null, TimeSpan.FromDays(1), _time, force: false);
        var certificate = CertificateFiles.Load(
            Path.Combine(directory, CertificateAuthority.CaFile), Path.Combine(directory, $"{host}.crt"),
            Path.Combine(directory, $"{host}.key"), _time);
        _certificates.Add(certificate);
        return new PeerPolicy(certificate, _time);
    }
}
