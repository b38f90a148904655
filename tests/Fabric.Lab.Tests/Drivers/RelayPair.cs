using System.Net;
using System.Net.Sockets;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>Both relays of a transfer with page work, over loopback.</summary>
internal sealed class RelayPair : IAsyncDisposable
{
    private readonly LinkBufferPool _buffers = new();

    public RelayPair(MachineLab lab, string targetSocket, TransferStore? sourceStore, TransferStore? targetStore)
    {
        var (a, b) = Connected();
        SourceSocket = lab.NewPath("out");
        Source = SourceRelay.Start(
            SourceSocket, DataLink.Over(a, LinkChannel.Ram, TimeProvider.System), _buffers, TimeProvider.System,
            new PageWorkOptions(), sourceStore);
        Target = TargetRelay.Start(
            targetSocket, DataLink.Over(b, LinkChannel.ReturnPath, TimeProvider.System), _buffers,
            TimeProvider.System, new PageWorkOptions(), targetStore);
    }

    /// <summary>Where the source's machine sends to.</summary>
    public string SourceSocket { get; }

    public SourceRelay Source { get; }

    public TargetRelay Target { get; }

    /// <summary>Waits for both ends.</summary>
    public async Task<(RelayOutcome Source, RelayOutcome Target)> EndsAsync() => (
        await Source.Completion.WaitAsync(TimeSpan.FromSeconds(60)),
        await Target.Completion.WaitAsync(TimeSpan.FromSeconds(60)));

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Target.DisposeAsync();
        _buffers.Dispose();
    }

    private static (NetworkStream A, NetworkStream B) Connected()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var a = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        a.Connect(listener.LocalEndPoint!);
        var b = listener.Accept();
        b.NoDelay = true;
        return (new NetworkStream(a, ownsSocket: true), new NetworkStream(b, ownsSocket: true));
    }
}
