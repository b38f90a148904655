using System.Net.WebSockets;
using Fabric.Protocol;
using Fabric.Transport.Security;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Cluster;

/// <summary>
/// The coordinator's end of the node link: which host is connected by which session. A host has one seat. A newer
/// connection takes it, because after a cut the older one may look alive for as long as
/// <see cref="NodeLinkSettings.DeadAfter"/>; the newer is welcomed only when the older is gone.
/// </summary>
public sealed class NodeLinkHub(
    HostId coordinator, string instance, ILinkCodec codec, INodeLinkHubHandler handler, NodeLinkSettings settings,
    TimeProvider time, ILogger<NodeLinkHub> log)
{
    private readonly NodeLinkSettings _settings = settings.Checked();
    private readonly Lock _lock = new();
    private readonly Dictionary<HostId, Seat> _seats = [];

    // Each is a connection that Kestrel let in, and Kestrel bounds those.
    private readonly HashSet<Seat> _sessions = [];
    private bool _stopped;

    /// <summary>The hosts that have a seat.</summary>
    public IReadOnlyList<HostId> Hosts
    {
        get
        {
            lock (_lock)
                return [.. _seats.Values.Where(static seat => seat.Announced).Select(static seat => seat.Host)];
        }
    }

    /// <summary>
    /// Runs a WebSocket that was accepted from that peer until it ends, and disposes it. Tells why it ended.
    /// </summary>
    public async Task<LinkEnd> AcceptAsync(WebSocket socket, PeerIdentity peer, CancellationToken cancel)
    {
        using var session = new NodeLinkSession(socket, codec, _settings, time, log, peer.ToString());
        var seat = new Seat(session);
        lock (_lock)
        {
            _sessions.Add(seat);
            if (_stopped)
                session.End(LinkFault.Stopped, "the coordinator stops");
        }

        try
        {
            var end = await session.RunAsync(
                frame => GreetAsync(seat, peer, frame),
                (message, ended) => handler.OnMessageAsync(seat.Host, message, ended), cancel);
            await LeaveAsync(seat, end);
            return end;
        }
        finally
        {
            lock (_lock)
                _sessions.Remove(seat);
            seat.Gone.TrySetResult();
        }
    }

    /// <summary>
    /// Queues a message for the host, at most once. False: not connected, or its queue is full and its session ends.
    /// Throws <see cref="ArgumentException"/> for a message that is too large for any peer.
    /// </summary>
    public bool TrySend(HostId host, object message)
    {
        Seat? seat;
        lock (_lock)
            _seats.TryGetValue(host, out seat);
        return seat is not null && seat.Session.TrySend(message);
    }

    /// <summary>Ends a host's session; it may connect again. False when it has none.</summary>
    public bool Disconnect(HostId host, string why)
    {
        Seat? seat;
        lock (_lock)
            _seats.TryGetValue(host, out seat);
        seat?.Session.End(LinkFault.Stopped, why);
        return seat is not null;
    }

    /// <summary>Ends all sessions, takes no new ones, and returns when the last was told as disconnected.</summary>
    public async Task StopAsync()
    {
        Seat[] all;
        lock (_lock)
        {
            _stopped = true;
            all = [.. _sessions];
        }

        foreach (var seat in all)
            seat.Session.End(LinkFault.Stopped, "the coordinator stops");
        await Task.WhenAll(all.Select(static seat => seat.Gone.Task));
    }

    private async ValueTask GreetAsync(Seat seat, PeerIdentity peer, LinkFrame frame)
    {
        if (frame is not LinkHello hello)
            throw new LinkProtocolException(LinkFault.UnexpectedFrame, "the first frame must be a hello");
        if (peer.Role is not PeerRole.Node || !string.Equals(hello.Host.Value, peer.Name, StringComparison.Ordinal))
        {
            throw new LinkProtocolException(LinkFault.HostNameMismatch,
                $"{peer} says hello as host '{hello.Host}'");
        }

        var version = LinkVersions.Choose(hello.Versions, _settings.Versions);
        (seat.Host, seat.Instance) = (hello.Host, hello.Instance);
        if (Take(seat) is { } older)
        {
            NodeLinkLog.Replaced(log, hello.Host.Value, older.Instance, seat.Instance);
            older.Session.End(LinkFault.Replaced, $"a newer connection of host {hello.Host}");
            await older.Gone.Task;
        }

        if (seat.Session.HasEnded)
            return;
        seat.Announced = true;
        seat.Session.Greet(LinkFrames.Write(new LinkWelcome(version, coordinator.Value, instance)));
        seat.Session.Open();
        NodeLinkLog.Connected(log, seat.Session.Peer, version, seat.Instance);
        await handler.OnHostConnectedAsync(seat.Host, seat.Instance, version);
    }

    private Seat? Take(Seat seat)
    {
        lock (_lock)
        {
            if (!_seats.TryGetValue(seat.Host, out var older) && _seats.Count >= _settings.HostsMax)
                throw new LinkProtocolException(LinkFault.TooManyHosts, $"{_settings.HostsMax} hosts are connected");
            _seats[seat.Host] = seat;
            return older;
        }
    }

    private async Task LeaveAsync(Seat seat, LinkEnd end)
    {
        lock (_lock)
        {
            if (_seats.TryGetValue(seat.Host, out var holder) && ReferenceEquals(holder, seat))
                _seats.Remove(seat.Host);
        }

        if (!seat.Announced)
        {
            NodeLinkLog.Refused(log, seat.Session.Peer, end);
            return;
        }

        NodeLinkLog.Disconnected(log, seat.Session.Peer, end);
        try
        {
            await handler.OnHostDisconnectedAsync(seat.Host, end);
        }
        catch (Exception e)
        {
            NodeLinkLog.HandlerFailed(log, seat.Session.Peer, e);
        }
    }

    private sealed class Seat(NodeLinkSession session)
    {
        public NodeLinkSession Session { get; } = session;

        public HostId Host { get; set; }

        public string Instance { get; set; } = "";

        /// <summary>The handler was told of it, so it is told of its end too.</summary>
        public bool Announced { get; set; }

        /// <summary>Ended, and the handler knows.</summary>
        public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
