using System.Net.WebSockets;
using Fabric.Actors.Cluster;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Cluster;

/// <summary>Connects to a server that the test plays: what each try meets is said beforehand.</summary>
internal sealed class PairConnector : ILinkConnector
{
    private readonly Queue<Func<WebSocketPair, Exception?>> _tries = new();

    public string Target => "memory";

    public int Tries { get; private set; }

    /// <summary>The next try fails so.</summary>
    public void Fail(Exception why) => _tries.Enqueue(_ => why);

    /// <summary>The next try meets this server.</summary>
    public void Serve(Action<WebSocket> server) => _tries.Enqueue(pair =>
    {
        server(pair.Server);
        return null;
    });

    /// <summary>The next try never ends by itself.</summary>
    public void Hang() => _tries.Enqueue(_ => new TimeoutException("hang"));

    public async Task<WebSocket> ConnectAsync(CancellationToken cancel)
    {
        Tries++;
        var pair = new WebSocketPair();
        var problem = _tries.TryDequeue(out var next) ? next(pair) : new TimeoutException("hang");
        if (problem is TimeoutException)
            await Task.Delay(Timeout.Infinite, cancel);
        return problem is null ? pair.Client : throw problem;
    }
}
