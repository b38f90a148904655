using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>How a source's agent makes data links, and the connections of each.</summary>
/// <param name="policy">Who this host is, and whom it trusts.</param>
/// <param name="time">The clock.</param>
/// <param name="terms">How links are kept.</param>
/// <param name="news">Hears of connections that come and go, from any thread; it must not throw.</param>
public sealed class DataConnector(
    PeerPolicy policy, TimeProvider time, LinkTerms? terms = null, Action<LinkNews>? news = null)
{
    private readonly LinkTerms _terms = terms ?? LinkTerms.Default;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(Limits.Link.SecretSize);

    /// <summary>
    /// Connects, checks that the peer is <paramref name="target"/> before the ticket leaves this host, and shows the
    /// ticket. The link is the caller's. Called again with the same ticket, because the answer was lost, it gets the
    /// same link.
    /// </summary>
    /// <exception cref="LinkException">Unreachable, TimedOut, NotTrusted, Refused, or Cut when it ended in
    /// between.</exception>
    /// <param name="endpoint">Where the target listens.</param>
    /// <param name="target">Whom its certificate must name.</param>
    /// <param name="migration">Of which migration.</param>
    /// <param name="attempt">Of which attempt.</param>
    /// <param name="ticket">For this purpose; once.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="purpose">What the link carries.</param>
    /// <param name="pace">The rate that it shares with others; null is one of its own.</param>
    public async Task<IDataLink> ConnectAsync(
        DataEndpoint endpoint, HostId target, MigrationId migration, int attempt, Ticket ticket,
        CancellationToken cancellation, LinkPurpose purpose = default, SharedPace? pace = null)
    {
        var secret = LinkSecret.For(_key, ticket);
        var dialer = new LinkDialer(this, endpoint, target, migration, attempt, purpose, secret);
        var wire = await BlockingThread.RunAsync(
            "data link connect",
            () => Make(
                endpoint, target, Hello.Open(migration, attempt, purpose, ticket, secret),
                Limits.Relay.ConnectTimeoutMs, cancellation));
        var link = new DataLink(LinkSide.Source, _terms, dialer, time, About(migration, attempt, purpose), pace);
        link.Attach(0, wire);
        return link;
    }

    /// <summary>Connects to ask how far a host is; checks and time-outs are those of a link, but that no ticket is shown.</summary>
    /// <exception cref="LinkException">Unreachable, TimedOut, NotTrusted, Refused (an older version does not know the
    /// question) or Cut.</exception>
    public async Task<ILineProbe> ProbeAsync(
        DataEndpoint endpoint, HostId target, int withinMs, CancellationToken cancellation) =>
        new LineProbe(
            await BlockingThread.RunAsync(
                "line probe connect",
                () => Make(endpoint, target, Hello.Probe(), withinMs, cancellation)),
            target, time);

    /// <summary>Makes one connection. Blocks.</summary>
    internal LinkWire Make(
        DataEndpoint endpoint, HostId target, Hello hello, int withinMs, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(withinMs), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);

        // The calls block, see LinkWire; closing the socket is what ends them.
        using var end = both.Token.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
        try
        {
            return Connect(socket, endpoint, target, hello);
        }
        catch (Exception e)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            if (!deadline.IsCancellationRequested)
                throw;
            throw new LinkException(
                LinkFault.TimedOut, $"no data link to {target} at {endpoint} within {withinMs} ms", e);
        }
    }

    private Action<LinkNews>? About(MigrationId migration, int attempt, LinkPurpose purpose) =>
        news is null ? null : one => news(one with { Link = purpose.NameOf(migration, attempt) });

    private LinkWire Connect(Socket socket, DataEndpoint endpoint, HostId target, Hello hello)
    {
        try
        {
            TcpTuning.Apply(socket);
            socket.Connect(endpoint.Host, endpoint.Port);
            if (hello.Kind != HelloKind.Probe && TcpTuning.Choose(socket, _terms.Congestion) is { } fellBack)
                About(hello.Migration, hello.Attempt, hello.Purpose)?.Invoke(fellBack);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new LinkException(LinkFault.Unreachable,
                $"{target} cannot be reached at {endpoint}: {(e as SocketException)?.SocketErrorCode}", e);
        }

        string? refusal = null;
        LinkWire? wire = null;
        var tail = new RecordCoalescer(new NetworkStream(socket, ownsSocket: true));
        var stream = new SslStream(tail, leaveInnerStreamOpen: false);
        try
        {
            stream.AuthenticateAsClient(policy.ClientOptions(target.Value, refused: why => refusal = why));
            var made = new LinkWire(stream, tail, socket);
            Greeting.Say(made, hello, target);
            return wire = made;
        }
        catch (AuthenticationException e)
        {
            throw new LinkException(
                LinkFault.NotTrusted,
                $"what answers at {endpoint} does not prove to be {target}: {refusal ?? "TLS failed"}; compare its " +
                "certificate's name, dates and CA", e);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException
            or InvalidOperationException)
        {
            // In TLS 1.3 the target's refusal of our certificate arrives only here, as an alert or a closed connection.
            throw new LinkException(
                LinkFault.Cut,
                $"{target} at {endpoint} ended the connection before it answered the hello: if its log says that TLS " +
                "was refused, look at this host's certificate", e);
        }
        finally
        {
            if (wire is null)
                stream.Dispose();
        }
    }
}
