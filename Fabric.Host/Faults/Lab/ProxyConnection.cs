using System.Net;
using System.Net.Sockets;

namespace Fabric.Host.Faults.Lab;

/// <summary>One connection through a proxy: two loops that copy until either side ends.</summary>
/// <param name="near">The side that connected; owned from here.</param>
/// <param name="carried">Hears how many more bytes were carried, and how many in all, both ways.</param>
/// <param name="pace">Waits before so many bytes are passed on.</param>
/// <param name="opened">Hears the first byte that the connecting side sent.</param>
internal sealed class ProxyConnection(
    Socket near, Action<int, long> carried, Func<int, ValueTask> pace, Action<byte> opened) : IDisposable
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
            await Task.WhenAll(CopyAsync(near, _far, opened), CopyAsync(_far, near, null));
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

    private async Task CopyAsync(Socket from, Socket to, Action<byte>? first)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer) is var read and > 0)
            {
                first?.Invoke(buffer[0]);
                first = null;
                await pace(read);
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
