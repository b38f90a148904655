using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>
/// Where a target's agent takes data links. A connection passes TLS, then shows its ticket in the hello; only then is
/// it handed to whoever waits for that ticket. Until then it costs one slot of a bounded number and has one deadline
/// for everything, however slowly it drips.
/// </summary>
public sealed class DataListener : IAsyncDisposable
{
    private static readonly PeerRole[] Roles = [PeerRole.Node];
    private readonly Socket _socket;
    private readonly PeerPolicy _policy;
    private readonly TicketBook _tickets;
    private readonly TimeProvider _time;
    private readonly Action<HandshakeRefused> _refused;
    private readonly LinkTerms _terms;
    private readonly Action<LinkNews>? _news;
    private readonly HandshakeSlots _slots = new();
    private readonly LineAnswers _answers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _disposed;

    private DataListener(
        Socket socket, PeerPolicy policy, TicketBook tickets, TimeProvider time, Action<HandshakeRefused> refused,
        LinkTerms terms, Action<LinkNews>? news)
    {
        _socket = socket;
        _terms = terms;
        _news = news;
        _policy = policy;
        _tickets = tickets;
        _time = time;
        _refused = refused;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _accepting = AcceptLoopAsync();
    }

    /// <summary>Where it listens; the port that was given when 0 was asked for.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// Listens. <paramref name="refused"/> is told of every connection that did not become a link, from any thread;
    /// <paramref name="news"/> of those that came and went with a link; neither may throw.
    /// </summary>
    /// <exception cref="SocketException">The address is taken or not of this host.</exception>
    public static DataListener Start(
        IPEndPoint at, PeerPolicy policy, TicketBook tickets, TimeProvider time, Action<HandshakeRefused> refused,
        LinkTerms? terms = null, Action<LinkNews>? news = null)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(at);
            socket.Listen(Limits.Relay.Backlog);
            return new DataListener(socket, policy, tickets, time, refused, terms ?? LinkTerms.Default, news);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Waits for the source that shows this ticket. The link is the caller's. Cancelling does not take the ticket
    /// back: <see cref="TicketBook.Revoke"/> does.
    /// </summary>
    /// <exception cref="LinkException">Revoked, TimedOut (it expired) or Cut (it came and went).</exception>
    public Task<IDataLink> AcceptAsync(Ticket ticket, CancellationToken cancellation) =>
        _tickets.TakeAsync(ticket, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
        await _slots.DrainAsync();
        _answers.Close();
        _tickets.RevokeAll();
        _stop.Dispose();
    }

    private async Task AcceptLoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stop.Token);
                var handshake = new CancellationTokenSource(
                    TimeSpan.FromMilliseconds(Limits.Relay.HandshakeTimeoutMs), _time);
                _slots.Enter(handshake);
                _ = BlockingThread.RunAsync("data link handshake", () => Handshake(socket, handshake));
            }
            catch (SocketException e) when (!_stop.IsCancellationRequested)
            {
                _refused(new HandshakeRefused(Remote: null, Code: null, $"accept failed: {e.SocketErrorCode}"));
                await Task.Delay(TimeSpan.FromMilliseconds(Limits.Relay.AcceptRetryMs), _time, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private bool Handshake(Socket socket, CancellationTokenSource handshake)
    {
        EndPoint? remote = null;
        SslStream? stream = null;
        var admitted = false;
        string? refusal = null;

        // The calls block, see LinkWire; closing the socket is what ends them.
        using var end = handshake.Token.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
        try
        {
            remote = socket.RemoteEndPoint;
            TcpTuning.Apply(socket);
            if (TcpTuning.Choose(socket, _terms.Congestion) is { } fellBack)
                _news?.Invoke(fellBack);
            var tail = new RecordCoalescer(new NetworkStream(socket, ownsSocket: true));
            stream = new SslStream(tail, leaveInnerStreamOpen: false);
            stream.AuthenticateAsServer(_policy.ServerOptions(Roles, why => refusal = why));
            admitted = Admit(stream, tail, socket, remote, end);
        }
        catch (Exception) when (handshake.IsCancellationRequested)
        {
            _refused(new HandshakeRefused(remote, Code: null,
                "the handshake was not over in time, or gave way to newer ones"));
        }
        catch (AuthenticationException e)
        {
            _refused(new HandshakeRefused(remote, Code: null, $"TLS refused: {refusal ?? e.Message}"));
        }
        catch (Exception e)
        {
            _refused(new HandshakeRefused(remote, Code: null,
                $"the connection ended during the handshake ({e.GetType().Name})"));
        }
        finally
        {
            if (!admitted)
            {
                stream?.Dispose();
                socket.Dispose();
            }

            _slots.Leave(handshake);
            handshake.Dispose();
        }

        return admitted;
    }

    /// <summary>Reads the hello, answers it, hands the connection over; whether it has a new owner.</summary>
    private bool Admit(
        SslStream stream, RecordCoalescer tail, Socket socket, EndPoint? remote, CancellationTokenRegistration deadline)
    {
        var wire = new LinkWire(stream, tail);
        var code = Greeting.Hear(wire, _tickets, PeerPolicy.PeerOf(stream), out var hello, out var entry);
        Greeting.Answer(wire, code);

        // From here the deadline may not close the socket any more; if it fires now, this waits until it has.
        deadline.Dispose();
        if (code == HelloCode.Accepted && hello!.Kind == HelloKind.Probe)
        {
            if (_answers.TryTake(wire, socket))
                return true;
            _refused(new HandshakeRefused(
                remote, code, $"{Limits.Sites.ProbesMax} connections ask already how far this host is"));
            return false;
        }

        if (entry is null)
        {
            _refused(new HandshakeRefused(remote, code, $"the hello was refused: {code}"));
            return false;
        }

        return entry.Attach(hello!.Slot, wire, () => new DataLink(
            LinkSide.Target, _terms, dialer: null, _time,
            _news is null ? null : one => _news(one with { Link = entry.Purpose.NameOf(entry.Migration, entry.Attempt) })));
    }
}
