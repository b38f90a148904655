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
        SslStream? stream = null;
        string? refusal = null;
        try
        {
            (stream, var tail) = await SecureAsync(endpoint, target, why => refusal = why, both.Token);
            await GreetAsync(stream, tail, new Hello(Hello.Version, Hello.Version, migration, attempt, ticket),
                target, both.Token);
            var link = DataLink.OverTls(stream, tail, LinkChannel.Ram, time);
            stream = null;
            return link;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new LinkException(
                LinkFault.TimedOut,
                $"no data link to {target} at {endpoint} within {Limits.Relay.ConnectTimeoutMs} ms", e);
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
            if (stream is not null)
                await stream.DisposeAsync();
        }
    }

    private async Task<(SslStream Stream, RecordCoalescer Tail)> SecureAsync(
        DataEndpoint endpoint, HostId target, Action<string> refused, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            TcpTuning.Apply(socket);
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellation);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new LinkException(LinkFault.Unreachable,
                $"{target} cannot be reached at {endpoint}: {e.SocketErrorCode}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var tail = new RecordCoalescer(new NetworkStream(socket, ownsSocket: true));
        var stream = new SslStream(tail, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(
                policy.ClientOptions(target.Value, refused: refused), cancellation);
            return (stream, tail);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static async Task GreetAsync(
        SslStream stream, RecordCoalescer tail, Hello hello, HostId target, CancellationToken cancellation)
    {
        var bytes = new byte[Hello.Size];
        hello.Write(bytes);
        await stream.WriteAsync(bytes, cancellation);
        await tail.PushAsync(cancellation);
        var answerBytes = new byte[HelloAnswer.Size];
        await stream.ReadExactlyAsync(answerBytes, cancellation);
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
