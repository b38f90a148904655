using System.IO.Pipelines;
using System.Net.WebSockets;

namespace Fabric.Testing;

/// <summary>Two WebSockets joined through memory; each way holds 64 KiB before a writer waits.</summary>
public sealed class WebSocketPair
{
    public WebSocketPair()
    {
        var up = new Pipe(Options());
        var down = new Pipe(Options());
        ServerStream = new DuplexStream(up.Reader, down.Writer);
        ClientStream = new DuplexStream(down.Reader, up.Writer);
        Server = WebSocket.CreateFromStream(ServerStream, new WebSocketCreationOptions { IsServer = true });
        Client = WebSocket.CreateFromStream(ClientStream, new WebSocketCreationOptions { IsServer = false });
    }

    public WebSocket Server { get; }

    public WebSocket Client { get; }

    /// <summary>Below the client's WebSocket: for bytes that no WebSocket would send.</summary>
    public Stream ClientStream { get; }

    private Stream ServerStream { get; }

    private static PipeOptions Options() => new(
        pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false);
}
