using System.Net.WebSockets;
using Fabric.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Cluster;

/// <summary>Who this node is.</summary>
/// <param name="Host">The name in its certificate.</param>
/// <param name="Instance">Another one each time the node starts: letters, digits and '-'.</param>
public sealed record NodeLinkIdentity(HostId Host, string Instance);

/// <summary>
/// A node's end of the node link: connects, greets, and when the session ends for whatever reason, connects again,
/// for ever, until it is stopped. Nothing is kept for the next session: a message is sent at most once, and its actor
/// repeats it.
/// </summary>
public sealed class NodeLinkClient(
    NodeLinkIdentity identity, ILinkConnector connector, ILinkCodec codec, INodeLinkClientHandler handler,
    NodeLinkSettings settings, TimeProvider time, Func<double> random, ILogger<NodeLinkClient> log)
{
    private readonly NodeLinkSettings _settings = settings.Checked();
    private readonly ReconnectBackoff _backoff = new(settings.ReconnectMin, settings.ReconnectMax, random);
    private volatile NodeLinkSession? _session;

    /// <summary>
    /// Queues a message, at most once. False: not connected, or the queue is full and the session ends.
    /// Throws <see cref="ArgumentException"/> for a message that is too large for any peer.
    /// </summary>
    public bool TrySend(object message) => _session is { } session && session.TrySend(message);

    /// <summary>Runs until stopped; throws nothing.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var startedAt = time.GetTimestamp();
            var welcomed = await TryOnceAsync(stop);
            if (stop.IsCancellationRequested)
                return;
            if (welcomed && time.GetElapsedTime(startedAt) >= _settings.StableAfter)
                _backoff.Reset();
            var delay = _backoff.Next();
            NodeLinkLog.Retrying(log, connector.Target, (long)delay.TotalMilliseconds, _backoff.Tries);
            try
            {
                await Task.Delay(delay, time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<bool> TryOnceAsync(CancellationToken stop)
    {
        WebSocket socket;
        try
        {
            using var limit = new CancellationTokenSource(_settings.ConnectWithin, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
            socket = await connector.ConnectAsync(either.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            var why = e is OperationCanceledException
                ? $"no connection within {_settings.ConnectWithin.TotalSeconds:0.###} s"
                : e.Message;
            await FailedAsync(new LinkEnd(LinkFault.ConnectFailed, why));
            return false;
        }

        return await RunSessionAsync(socket, stop);
    }

    private async Task<bool> RunSessionAsync(WebSocket socket, CancellationToken stop)
    {
        using var session = new NodeLinkSession(socket, codec, _settings, time, log, connector.Target);
        var welcomed = false;
        _session = session;
        session.Greet(LinkFrames.Write(new LinkHello(identity.Host, _settings.Versions, identity.Instance)));
        var end = await session.RunAsync(
            frame =>
            {
                var welcome = CheckedWelcome(frame);
                welcomed = true;
                session.Open();
                NodeLinkLog.Connected(log, connector.Target, welcome.Version, welcome.Instance);
                return handler.OnConnectedAsync(welcome);
            },
            handler.OnMessageAsync, stop);
        _session = null;
        if (!welcomed)
        {
            await FailedAsync(end);
            return false;
        }

        NodeLinkLog.Disconnected(log, connector.Target, end);
        await GuardedAsync(() => handler.OnDisconnectedAsync(end));
        return true;
    }

    private LinkWelcome CheckedWelcome(LinkFrame frame)
    {
        if (frame is not LinkWelcomeFrame { Welcome: var welcome })
            throw new LinkProtocolException(LinkFault.UnexpectedFrame, "the first frame must be a welcome");
        return _settings.Versions.Contains(welcome.Version)
            ? welcome
            : throw new LinkProtocolException(LinkFault.VersionMismatch, $"version {welcome.Version} was not offered");
    }

    private Task FailedAsync(LinkEnd end)
    {
        NodeLinkLog.Refused(log, connector.Target, end);
        return GuardedAsync(() => handler.OnConnectFailedAsync(end));
    }

    private async Task GuardedAsync(Func<ValueTask> call)
    {
        try
        {
            await call();
        }
        catch (Exception e)
        {
            NodeLinkLog.HandlerFailed(log, connector.Target, e);
        }
    }
}
