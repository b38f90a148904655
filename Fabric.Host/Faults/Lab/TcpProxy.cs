using System.Net;
using System.Net.Sockets;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// Stands between two nodes on loopback and can be cut (all its connections are reset, and new ones as soon as they
/// come), stalled (they stay open and carry nothing) and slowed, each for a time. Of the bytes it looks at each
/// connection's first: whether it is of TLS.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    // A record of the handshake; nothing else may come first (RFC 8446).
    private const byte TlsHandshake = 0x16;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _target;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly HashSet<ProxyConnection> _connections = [];
    private int _opened;
    private int _plain;
    private DateTimeOffset _stalledUntil = DateTimeOffset.MinValue;
    private (DateTimeOffset Until, long BytesPerSecond) _slow;
    private readonly Task _accepting;
    private long _bytes;
    private DateTimeOffset _downUntil = DateTimeOffset.MinValue;
    private (long AfterBytes, TimeSpan Outage)? _armed;

    private TcpProxy(IPEndPoint target, TimeProvider time)
    {
        (_target, _time) = (target, time);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Completes at the first cut.</summary>
    public Task Struck => _struck.Task;

    /// <summary>Bytes carried so far by all connections, both ways.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Connections open now.</summary>
    public int Connections
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>Connections over which something was sent, and those of them that did not begin with TLS.</summary>
    public (int Opened, int Plain) Seen => (Volatile.Read(ref _opened), Volatile.Read(ref _plain));

    /// <summary>Begins to listen on a free port of loopback.</summary>
    public static TcpProxy Start(IPEndPoint target, TimeProvider time) => new(target, time);

    /// <summary>Resets everything now, and whatever comes within the outage.</summary>
    /// <returns>How many connections were reset.</returns>
    public int Cut(TimeSpan outage)
    {
        ProxyConnection[] open;
        lock (_lock)
        {
            _downUntil = _time.GetUtcNow() + outage;
            open = [.. _connections];
            _connections.Clear();
        }

        foreach (var connection in open)
            connection.Reset();
        _struck.TrySetResult();
        return open.Length;
    }

    /// <summary>Carries nothing for a time; connections stay open, and new ones are taken.</summary>
    public void Stall(TimeSpan time)
    {
        lock (_lock)
            _stalledUntil = _time.GetUtcNow() + time;
    }

    /// <summary>Each connection carries so much a second and direction, for a time.</summary>
    public void Slow(TimeSpan time, long bytesPerSecond)
    {
        lock (_lock)
            _slow = (_time.GetUtcNow() + time, bytesPerSecond);
    }

    /// <summary>Cuts by itself as soon as one connection has carried so many bytes.</summary>
    public void CutAfter(long bytes, TimeSpan outage)
    {
        lock (_lock)
            _armed = (bytes, outage);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Cut(TimeSpan.Zero);
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var near = await _listener.AcceptAsync(_stop.Token);
                _ = Task.Run(() => ServeAsync(near));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Stopped; or a connection that was gone before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var connection = new ProxyConnection(near, Carried, PaceAsync, NoteOpened);
        lock (_lock)
        {
            if (_stop.IsCancellationRequested || _time.GetUtcNow() < _downUntil)
            {
                connection.Reset();
                return;
            }

            _connections.Add(connection);
        }

        await connection.RunAsync(_target);
        lock (_lock)
            _connections.Remove(connection);
    }

    private void NoteOpened(byte first)
    {
        Interlocked.Increment(ref _opened);
        if (first != TlsHandshake)
            Interlocked.Increment(ref _plain);
    }

    private async ValueTask PaceAsync(int bytes)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            wait = _stalledUntil - now;
            if (_slow.Until > now && wait < TimeSpan.FromSeconds((double)bytes / _slow.BytesPerSecond))
                wait = TimeSpan.FromSeconds((double)bytes / _slow.BytesPerSecond);
        }

        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, _time, _stop.Token);
    }

    private void Carried(int more, long bytes)
    {
        Interlocked.Add(ref _bytes, more);
        TimeSpan outage;
        lock (_lock)
        {
            if (_armed is not { } armed || bytes < armed.AfterBytes)
                return;
            _armed = null;
            outage = armed.Outage;
        }

        Cut(outage);
    }
}
