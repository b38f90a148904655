using System.Net.WebSockets;

namespace Fabric.Actors.Cluster;

/// <summary>Opens WebSockets to the coordinator.</summary>
public interface ILinkConnector
{
    /// <summary>For logs.</summary>
    string Target { get; }

    /// <summary>An open WebSocket to a peer whose certificate was accepted, or an exception.</summary>
    Task<WebSocket> ConnectAsync(CancellationToken cancel);
}

/// <summary>The coordinator was not reached, or one side refused the other.</summary>
public sealed class LinkConnectException(string message, Exception? cause) : Exception(message, cause);
