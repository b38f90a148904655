namespace Fabric.Actors.Cluster;

/// <summary>
/// What a host's node hears. The order is connected, messages, disconnected. A handler hands on and returns: while it
/// waits, nothing more is read.
/// </summary>
public interface INodeLinkClientHandler
{
    /// <summary>The coordinator welcomed us. Its instance changes when it was restarted.</summary>
    ValueTask OnConnectedAsync(LinkWelcome welcome);

    /// <summary>The session ended; the client goes on trying unless it was stopped.</summary>
    ValueTask OnDisconnectedAsync(LinkEnd end);

    /// <summary>A message came. <paramref name="ended"/> is cancelled when the session ends meanwhile.</summary>
    ValueTask OnMessageAsync(object message, CancellationToken ended);

    /// <summary>A try did not get as far as a welcome.</summary>
    ValueTask OnConnectFailedAsync(LinkEnd end) => ValueTask.CompletedTask;
}
