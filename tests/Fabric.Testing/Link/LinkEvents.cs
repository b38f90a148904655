using System.Threading.Channels;
using Fabric.Actors.Cluster;
using Fabric.Protocol;

namespace Fabric.Testing.Link;

/// <summary>
/// Both handlers of the node link: writes what it hears as lines ("a connected", "a: text", "a disconnected Replaced")
/// that a test takes one by one. A test hears a few dozen lines, so the channel's bound is never met.
/// </summary>
public sealed class LinkEvents : INodeLinkHubHandler, INodeLinkClientHandler
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(10_000);

    /// <summary>Called with each message, before its line is written.</summary>
    public Func<string, CancellationToken, ValueTask>? OnMessage { get; set; }

    /// <summary>The end told last.</summary>
    public LinkEnd? LastEnd { get; private set; }

    /// <summary>The welcome told last.</summary>
    public LinkWelcome? LastWelcome { get; private set; }

    public bool IsEmpty => _lines.Reader.Count == 0;

    public async Task<string> NextAsync() => await _lines.Reader.ReadAsync().AsTask().WaitAsync(HangGuard);

    /// <summary>Takes lines until one that begins so.</summary>
    public async Task<string> UntilAsync(string beginning)
    {
        while (true)
        {
            var line = await NextAsync();
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        }
    }

    public ValueTask OnHostConnectedAsync(HostId host, string instance, int version) =>
        AddAsync($"{host} connected as {instance} v{version}");

    public ValueTask OnHostDisconnectedAsync(HostId host, LinkEnd end)
    {
        LastEnd = end;
        return AddAsync($"{host} disconnected {Name(end)}");
    }

    public async ValueTask OnMessageAsync(HostId host, object message, CancellationToken ended)
    {
        if (OnMessage is { } react)
            await react((string)message, ended);
        await AddAsync($"{host}: {message}");
    }

    public ValueTask OnConnectedAsync(LinkWelcome welcome)
    {
        LastWelcome = welcome;
        return AddAsync($"connected to {welcome.Coordinator} {welcome.Instance} v{welcome.Version}");
    }

    public ValueTask OnDisconnectedAsync(LinkEnd end)
    {
        LastEnd = end;
        return AddAsync($"disconnected {Name(end)}");
    }

    public async ValueTask OnMessageAsync(object message, CancellationToken ended)
    {
        if (OnMessage is { } react)
            await react((string)message, ended);
        await AddAsync($"got {message}");
    }

    public ValueTask OnConnectFailedAsync(LinkEnd end)
    {
        LastEnd = end;
        return AddAsync($"failed {Name(end)}");
    }

    private static string Name(LinkEnd end) =>
        end.PeerFault is { } named ? $"{end.Fault}({named})" : end.Fault.ToString();

    private ValueTask AddAsync(string line) => _lines.Writer.WriteAsync(line);
}
