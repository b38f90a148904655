using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Connect;

/// <summary>A target's listener on loopback, and sources of any kind.</summary>
internal sealed class Rig : IAsyncDisposable
{
    public static readonly HostId Source = HostId.Of("host-a");
    public static readonly HostId Target = HostId.Of("host-b");
    public static readonly MigrationId Migration = MigrationId.Of("m-7");
    public static readonly LinkSecret Secret = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly PeerPolicy _source;

    public Rig(TimeProvider? time = null, PeerPolicy? target = null)
    {
        Time = time ?? TimeProvider.System;
        _source = TestCa.Ours.Node("host-a", Time);
        Tickets = new TicketBook(_random, Time);
        Listener = DataListener.Start(
            new IPEndPoint(IPAddress.Loopback, 0), target ?? TestCa.Ours.Node("host-b", Time), Tickets, Time,
            Refusals.Add);
    }

    public TimeProvider Time { get; }

    public TicketBook Tickets { get; }

    public DataListener Listener { get; }

    public BlockingCollection<HandshakeRefused> Refusals { get; } = new();

    public DataEndpoint EndPoint => new("127.0.0.1", Listener.LocalEndPoint.Port);

    public Ticket Issue(LinkPurpose purpose = default) => Tickets.Issue(Migration, 1, Source, purpose);

    public Task<IDataLink> ConnectAsync(
        Ticket ticket, PeerPolicy? identity = null, MigrationId? migration = null, int attempt = 1,
            HostId? target = null, LinkPurpose purpose = default) =>
        new DataConnector(identity ?? _source, Time)
            .ConnectAsync(EndPoint, target ?? Target, migration ?? Migration, attempt, ticket, Guard.Token(), purpose);

    public async Task<LinkException> RefusedAsync(
        Ticket ticket, PeerPolicy? identity = null, MigrationId? migration = null, int attempt = 1,
            HostId? target = null, LinkPurpose purpose = default) =>
        await Should.ThrowAsync<LinkException>(
            () => ConnectAsync(ticket, identity, migration, attempt, target, purpose));

    /// <summary>The next good connection works, and carries bytes.</summary>
    public async Task WorksAsync(Ticket? ticket = null)
    {
        var (source, target) = await LinkAsync(ticket);
        using var pool = new LinkBufferPool();
        using var buffer = pool.Rent("test");
        buffer.Payload[0] = 42;
        await source.SendAsync(buffer, 1);
        var into = new byte[9];
        (await target.ReceiveAsync(into).Within()).ShouldBe(1);
        into[0].ShouldBe((byte)42);
        await source.DisposeAsync();
        await target.DisposeAsync();
    }

    public async Task<(IDataLink Source, IDataLink Target)> LinkAsync(Ticket? ticket = null)
    {
        ticket ??= Issue();
        var accepted = Listener.AcceptAsync(ticket, Guard.Token());
        var source = await ConnectAsync(ticket);
        return (source, await accepted);
    }

    /// <summary>A connection to the port that has not said anything.</summary>
    public async Task<NetworkStream> PlainAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Listener.LocalEndPoint, Guard.Token());
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>A good TLS connection that has not sent a hello.</summary>
    public async Task<SslStream> SecureAsync()
    {
        var stream = new SslStream(await PlainAsync());
        await stream.AuthenticateAsClientAsync(_source.ClientOptions(Target.Value), Guard.Token());
        return stream;
    }

    public HandshakeRefused NextRefusal() => Refusals.Take(Guard.Token());

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        _random.Dispose();
        Refusals.Dispose();
    }
}
