using Fabric.Actors.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fabric.Host.Api;

/// <summary>Hands WebSockets to the hub. That only nodes come here is <see cref="PeerGate"/>'s work.</summary>
public static class NodeLinkEndpoint
{
    /// <summary>The path of the node link.</summary>
    public const string Path = "/link";

    /// <summary>Maps <see cref="Path"/>.</summary>
    public static void MapNodeLink(this WebApplication app, NodeLinkHub hub) => app.MapGet(Path, async context =>
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Results.Problem(
                title: "This path speaks WebSocket only.", statusCode: StatusCodes.Status400BadRequest)
                .ExecuteAsync(context);
            return;
        }

        var peer = PeerGate.PeerOf(context);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await hub.AcceptAsync(socket, peer, context.RequestAborted);
    });
}
