using System.Net.WebSockets;
using System.Text;
using Fabric.Actors.Cluster;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Testing.Link;
using Fabric.Transport.Security;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Cluster;

/// <summary>A hub with a manual clock, and raw WebSockets that speak to it.</summary>
internal sealed class HubFixture
{
    public static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    public HubFixture(NodeLinkSettings? settings = null)
    {
        Settings = settings ?? new NodeLinkSettings();
        Hub = new NodeLinkHub(HostId.Of("c1"), "boot-1", new TextCodec(), Events, Settings, Time,
            NullLogger<NodeLinkHub>.Instance);
    }

    public ManualTime Time { get; } = new();

    public LinkEvents Events { get; } = new();

    public NodeLinkSettings Settings { get; }

    public NodeLinkHub Hub { get; }

    public static PeerIdentity Node(string name) => new(name, PeerRole.Node);

    /// <summary>A connection from a node; nothing is said yet.</summary>
    public (WebSocketPair Pair, Task<LinkEnd> Session) Connect(string certificateName)
    {
        var pair = new WebSocketPair();
        return (pair, Hub.AcceptAsync(pair.Server, Node(certificateName), CancellationToken.None));
    }

    /// <summary>A node that has been welcomed.</summary>
    public async Task<(WebSocketPair Pair, Task<LinkEnd> Session)> GreetAsync(string name, string instance = "i1")
    {
        var connection = Connect(name);
        await SayAsync(connection.Pair.Client, Hello(name, instance));
        (await HearAsync(connection.Pair.Client)).ShouldStartWith("{\"welcome\":");
        await Events.UntilAsync($"{name} connected");
        return connection;
    }

    public static string Hello(string name, string instance = "i1", string versions = "1") =>
        "{\"hello\":{\"host\":\"" + name + "\",\"versions\":[" + versions + "],\"instance\":\"" + instance + "\"}}";

    public static Task SayAsync(
        WebSocket socket, string text, WebSocketMessageType type = WebSocketMessageType.Text, bool last = true) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), type, last, CancellationToken.None).WaitAsync(HangGuard);

    /// <summary>The next text, or "close: status description".</summary>
    public static async Task<string> HearAsync(WebSocket socket)
    {
        var buffer = new byte[Limits.NodeLink.MessageBytesMax];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).AsTask()
                .WaitAsync(HangGuard);
            if (part.MessageType is WebSocketMessageType.Close)
                return $"close: {socket.CloseStatus} {socket.CloseStatusDescription}";
            length += part.Count;
            if (part.EndOfMessage)
                return Encoding.UTF8.GetString(buffer, 0, length);
        }
    }

    /// <summary>Hears to the close frame and answers it.</summary>
    public static async Task<string> HearCloseAsync(WebSocket socket)
    {
        while (true)
        {
            var text = await HearAsync(socket);
            if (!text.StartsWith("close: ", StringComparison.Ordinal))
                continue;
            if (socket.State is WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
            return text["close: ".Length..];
        }
    }
}
