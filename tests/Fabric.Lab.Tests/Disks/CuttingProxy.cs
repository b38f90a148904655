using System.Net;
using System.Net.Sockets;

namespace Fabric.Lab.Tests.Disks;

/// <summary>A path to a port that breaks each connection after so many bytes, until it may live.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _to;
    private readonly int _bytes;
    private readonly int _times;
    private int _cuts;

    public CuttingProxy(IPEndPoint to, int bytes, int times)
    {
        (_to, _bytes, _times) = (to, bytes, times);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(16);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public int Cuts => Volatile.Read(ref _cuts);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync();
                var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(_to);
                _ = CarryAsync(near, far, Cuts < _times ? _bytes : long.MaxValue);
                _ = CarryAsync(far, near, long.MaxValue);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task CarryAsync(Socket from, Socket to, long left)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            int count;
            while (left > 0 && (count = await from.ReceiveAsync(buffer)) > 0)
            {
                for (var at = 0; at < count;)
                    at += await to.SendAsync(buffer.AsMemory(at, count - at));
                left -= count;
            }

            if (left <= 0)
                Interlocked.Increment(ref _cuts);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other half closed it.
        }
        finally
        {
            // With a reset, as a cut is.
            from.Close(0);
            to.Close(0);
        }
    }
}
