using System.Net.Sockets;

namespace Fabric.Embedded.Sockets;

/// <summary>
/// A UNIX socket that serves one peer after the other, as QEMU's character devices do: who connects meanwhile waits
/// until the one before has gone.
/// </summary>
internal sealed class ServedSocket : IAsyncDisposable
{
    private const int Backlog = 4;

    private readonly Socket _listener;
    private readonly string _path;
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;

    private ServedSocket(string path, Func<Socket, CancellationToken, Task> serve)
    {
        (_path, _serve) = (path, serve);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    }

    /// <summary>Listens in the place of whatever an earlier process left there.</summary>
    /// <exception cref="SocketException">The path cannot be used.</exception>
    public static ServedSocket Listen(string path, Func<Socket, CancellationToken, Task> serve)
    {
        var served = new ServedSocket(path, serve);
        try
        {
            File.Delete(path);
            served._listener.Bind(new UnixDomainSocketEndPoint(path));
            served._listener.Listen(Backlog);
        }
        catch
        {
            served._listener.Dispose();
            throw;
        }

        served._serving = Task.Run(served.ServeAsync);
        return served;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
        File.Delete(_path);
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var peer = await _listener.AcceptAsync(_stop.Token);
                await _serve(peer, _stop.Token);
            }
            catch (Exception) when (!_stop.IsCancellationRequested)
            {
                // This peer has gone, or was too much for its session: the next one is served all the same.
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // We end.
            }
        }
    }
}
