using System.Net.Sockets;
using Fabric.Host.Impair;

namespace Fabric.Host.Bench.Strategies;

/// <summary>An impaired line between two UNIX sockets, for one connection.</summary>
internal sealed class UnixLine : IAsyncDisposable
{
    private readonly Socket _listener = NewSocket();
    private readonly Socket _far = NewSocket();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _carrying;

    public UnixLine(string near, string far, ImpairSettings settings, TimeProvider time)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(near));
        _listener.Listen(1);
        _carrying = Task.Run(() => CarryAsync(far, settings, time));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _far.Dispose();
        await _carrying;
        _stop.Dispose();
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private async Task CarryAsync(string far, ImpairSettings settings, TimeProvider time)
    {
        try
        {
            using var near = await _listener.AcceptAsync(_stop.Token);
            await _far.ConnectAsync(new UnixDomainSocketEndPoint(far), _stop.Token);
            var clock = new LineClock(FineTime.Of(time));
            var there = new ImpairedLine(clock, new Random(1)) { Settings = settings };
            var back = new ImpairedLine(clock, new Random(2)) { Settings = settings };
            await Task.WhenAll(
                new LinePipe(near, _far, there, clock, _ => { }, null).RunAsync(_stop.Token),
                new LinePipe(_far, near, back, clock, _ => { }, null).RunAsync(_stop.Token));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One end has what it needs, or has ended.
        }
    }
}
