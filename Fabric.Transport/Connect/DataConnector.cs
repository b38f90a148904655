using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>How a source's agent makes data links.</summary>
public sealed class DataConnector(PeerPolicy policy, TimeProvider time)
{
    /// <summary>
    /// Connects, checks that the peer is <paramref name="target"/> before the ticket leaves this host, and shows the
    /// ticket. The link is the caller's.
    /// </summary>
    /// <exception cref="LinkException">Unreachable, TimedOut, NotTrusted, Refused, or Cut when it ended in
    /// between.</exception>
    public async Task<IDataLink> ConnectAsync(
        DataEndpoint endpoint, HostId target, MigrationId migration, int attempt, Ticket ticket,
        CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.Relay.ConnectTimeoutMs),
            time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        var hello = new Hello(Hello.Version, Hello.Version, migration, attempt, ticket);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);

        // The calls block, see DataLink; closing the socket is what ends them.
        await using var end = both.Token.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
        try
        {
            return await BlockingThread.RunAsync("data link connect", () => Connect(socket, endpoint, target, hello));
        }
        catch (Exception e)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            if (!deadline.IsCancellationRequested)
                throw;
            throw new LinkException(
                LinkFault.TimedOut,
                $"no data link to {target} at {endpoint} within {Limits.Relay.ConnectTimeoutMs} ms", e);
        }
    }

    private DataLink Connect(Socket socket, DataEndpoint endpoint, HostId target, Hello hello)
    {
        try
        {
            TcpTuning.Apply(socket);
            socket.Connect(endpoint.Host, endpoint.Port);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new LinkException(LinkFault.Unreachable,
                $"{target} cannot be reached at {endpoint}: {(e as SocketException)?.SocketErrorCode}", e);
        }

        string? refusal = null;
        DataLink? link = null;
        var tail = new RecordCoalescer(new NetworkStream(socket, ownsSocket: true));
        var stream = new SslStream(tail, leaveInnerStreamOpen: false);
        try
        {
            stream.AuthenticateAsClient(policy.ClientOptions(target.Value, refused: why => refusal = why));
            Greet(stream, tail, hello, target);
            link = DataLink.OverTls(stream, tail, LinkChannel.Ram, time);
            return link;
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
            if (link is null)
                stream.Dispose();
        }
    }

    private static void Greet(SslStream stream, RecordCoalescer tail, Hello hello, HostId target)
    {
        var bytes = new byte[Hello.Size];
        hello.Write(bytes);
        stream.Write(bytes);
        tail.Push();
        var answerBytes = new byte[HelloAnswer.Size];
        stream.ReadExactly(answerBytes);
        if (!HelloAnswer.TryParse(answerBytes, out var answer))
            throw new LinkException(LinkFault.BadFrame,
                $"{target} answered the hello with something else: is it another version?");
        if (answer.Code != HelloCode.Accepted)
        {
            throw new LinkException(LinkFault.Refused, $"{target} refused the hello: {answer.Code}")
            {
                Code = answer.Code,
            };
        }
    }
}
