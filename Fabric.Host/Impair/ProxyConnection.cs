using System.Net;
using System.Net.Sockets;
using Fabric.Protocol;

namespace Fabric.Host.Impair;

/// <summary>One connection through a proxy: a pipe each way until either side ends.</summary>
/// <param name="near">The side that connected; owned from here.</param>
/// <param name="target">Where to connect to.</param>
/// <param name="clock">The line's.</param>
/// <param name="there">The line towards the target.</param>
/// <param name="back">The line from it.</param>
internal sealed class ProxyConnection(
    Socket near, IPEndPoint target, LineClock clock, ImpairedLine there, ImpairedLine back) : IDisposable
{
    private readonly Socket _far = new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    private long _bytes;

    /// <summary>Connects on and copies until the end.</summary>
    /// <param name="carried">Hears which way how many more bytes went, and how many in all, both ways.</param>
    /// <param name="opened">Hears the first byte that the connecting side sent.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(
        Action<bool, int, long> carried, Action<byte> opened, CancellationToken cancellation)
    {
        try
        {
            Tune(near, there.Settings);
            // What TCP's own opening takes.
            await clock.WaitUntilAsync(clock.Now + there.Settings.Delay + back.Settings.Delay, cancellation);
            await _far.ConnectAsync(target, cancellation);
            Tune(_far, back.Settings);
            Action<int> Carried(bool isThere) => n => carried(isThere, n, Interlocked.Add(ref _bytes, n));
            await Task.WhenAll(
                ResetOnFault(new LinePipe(near, _far, there, clock, Carried(true), opened), cancellation),
                ResetOnFault(new LinePipe(_far, near, back, clock, Carried(false), null), cancellation));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side reset, or we did: so must the other see it.
            Reset();
        }
    }

    /// <summary>Ends both sides at once, without a farewell.</summary>
    public void Reset()
    {
        foreach (var socket in new[] { near, _far })
        {
            try
            {
                // Lingering for no time makes the kernel send a reset.
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is gone already.
            }

            socket.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        near.Dispose();
        _far.Dispose();
    }

    private async Task ResetOnFault(LinePipe pipe, CancellationToken cancellation)
    {
        try
        {
            await pipe.RunAsync(cancellation);
        }
        catch
        {
            Reset();
            throw;
        }
    }

    /// <summary>
    /// Left to itself the kernel takes megabytes off the sender's hands before the line is even asked, and who sends
    /// would believe them on their way.
    /// </summary>
    private static void Tune(Socket socket, ImpairSettings line)
    {
        socket.NoDelay = true;
        if (line.BytesPerSecond > 0)
        {
            socket.ReceiveBufferSize = (int)Math.Clamp(
                line.BytesPerSecond * Limits.Impair.AheadMs / 1000, Limits.Impair.PieceBytesMax,
                Limits.Impair.WindowBytesMax);
        }
    }
}
