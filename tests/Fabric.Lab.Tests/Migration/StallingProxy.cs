using System.Net;
using System.Net.Sockets;

namespace Fabric.Lab.Tests.Migration;

/// <summary>A path to a port that carries nothing while it is told so, and keeps its connections.</summary>
internal sealed class StallingProxy : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int _to;
    private volatile TaskCompletionSource? _stalled;

    /// <param name="to">A port of this host.</param>
    public StallingProxy(int to)
    {
        _to = to;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(16);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public void Stall() => _stalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn()
    {
        var stalled = _stalled;
        _stalled = null;
        stalled?.TrySetResult();
    }

    public void Dispose()
    {
        GoOn();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync();
                var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(IPAddress.Loopback, _to);
                _ = CarryAsync(near, far);
                _ = CarryAsync(far, near);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            int count;
            while ((count = await from.ReceiveAsync(buffer)) > 0)
            {
                if (_stalled is { } stalled)
                    await stalled.Task;
                for (var at = 0; at < count;)
                    at += await to.SendAsync(buffer.AsMemory(at, count - at));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other half closed it.
        }
        finally
        {
            from.Close();
            to.Close();
        }
    }
}
