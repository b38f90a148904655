using System.Net;
using System.Net.Sockets;

namespace Fabric.Host.Demo.Lab;

/// <summary>One connection through a proxy: two loops that copy until either side ends.</summary>
/// <param name="near">The side that connected; owned from here.</param>
/// <param name="carried">Hears how many more bytes were carried, and how many in all, both ways.</param>
internal sealed class ProxyConnection(Socket near, Action<int, long> carried) : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly Socket _far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private long _bytes;

    /// <summary>Connects on and copies until the end.</summary>
    public async Task RunAsync(IPEndPoint target)
    {
        try
        {
            near.NoDelay = true;
            _far.NoDelay = true;
            await _far.ConnectAsync(target);
            await Task.WhenAll(CopyAsync(near, _far), CopyAsync(_far, near));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
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

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer) is var read and > 0)
            {
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
                carried(read, Interlocked.Add(ref _bytes, read));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            Reset();
            throw;
        }
    }
}
