using System.Net;
using System.Net.Sockets;
using Fabric.Protocol;

namespace Fabric.Host.Impair;

/// <summary>
/// A line between two nodes: with a delay, a rate and losses, and it can be cut (its connections are reset, and new
/// ones as soon as they come), stalled (they stay open and carry nothing) and slowed, each for a time. Of the bytes it
/// looks at each connection's first: whether it is of TLS.
/// <code>
/// near socket -> reader -> line (rate, delay, loss; all connections share it) -> writer -> far socket
/// far  socket -> reader -> line                                              -> writer -> near socket
/// </code>
/// </summary>
internal sealed class TcpProxy : IImpaired, IAsyncDisposable
{
    // A record of the handshake; nothing else may come first (RFC 8446).
    private const byte TlsHandshake = 0x16;

    private readonly Socket _listener;
    private readonly IPEndPoint _target;
    private readonly LineClock _clock;
    private readonly LineClock _resets;
    private readonly ImpairedLine _there;
    private readonly ImpairedLine _back;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly HashSet<ProxyConnection> _connections = [];
    private readonly Task _accepting;
    private int _opened;
    private int _plain;
    private int _refused;
    private int _cuts;
    private long _bytesThere;
    private long _bytesBack;
    private (long AfterBytes, TimeSpan Outage)? _armed;

    private TcpProxy(IPEndPoint listen, IPEndPoint target, ImpairSettings settings, int seed, TimeProvider time)
    {
        _target = target;
        var fine = FineTime.Of(time);
        (_clock, _resets) = (new LineClock(fine), new LineClock(fine));
        _there = new ImpairedLine(_clock, new Random(seed)) { Settings = settings };
        _back = new ImpairedLine(_clock, new Random(~seed)) { Settings = settings };
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(listen);
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Completes at the first cut.</summary>
    public Task Struck => _struck.Task;

    /// <summary>Bytes carried so far by all connections, both ways.</summary>
    public long Bytes => Interlocked.Read(ref _bytesThere) + Interlocked.Read(ref _bytesBack);

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

    /// <summary>What the line is like; a change holds from the next piece on.</summary>
    public ImpairSettings Settings
    {
        get => _there.Settings;
        set => _there.Settings = _back.Settings = value;
    }

    /// <summary>Begins to listen on a free port of loopback, and changes nothing.</summary>
    public static TcpProxy Start(IPEndPoint target, TimeProvider time) => Start(target, ImpairSettings.None, time);

    /// <summary>Begins to listen on a free port of loopback.</summary>
    public static TcpProxy Start(IPEndPoint target, ImpairSettings settings, TimeProvider time) =>
        new(new IPEndPoint(IPAddress.Loopback, 0), target, settings, seed: 1, time);

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">It cannot listen there.</exception>
    public static TcpProxy Start(
        IPEndPoint listen, IPEndPoint target, ImpairSettings settings, int seed, TimeProvider time) =>
        new(listen, target, settings, seed, time);

    /// <inheritdoc/>
    public void Cut(TimeSpan length, CutKind kind, CutWay way) => Cut(length, kind);

    /// <inheritdoc/>
    public string? Fault(ImpairChange change) => change switch
    {
        { QueueMs: not null } => "a proxy has no queue; what its connections have under way bounds it",
        { CutWay: CutWay.There or CutWay.Back } => "a proxy's connections are cut both ways; a wire has ways",
        _ => null,
    };

    /// <summary>Either kind of cut.</summary>
    public void Cut(TimeSpan outage, CutKind kind)
    {
        if (kind == CutKind.Reset)
            Cut(outage);
        else
            Stall(outage);
    }

    /// <summary>Resets everything now, and whatever comes within the outage.</summary>
    /// <returns>How many connections were reset.</returns>
    public int Cut(TimeSpan outage)
    {
        ProxyConnection[] open;
        lock (_lock)
        {
            _resets.Cut(outage);
            open = [.. _connections];
            _connections.Clear();
        }

        foreach (var connection in open)
            connection.Reset();
        NoteCut();
        return open.Length;
    }

    /// <summary>Carries nothing for a time; connections stay open, and new ones are taken.</summary>
    public void Stall(TimeSpan time)
    {
        _clock.Cut(time);
        NoteCut();
    }

    /// <summary>Carries no more than so much a second and direction, for a time.</summary>
    public void Slow(TimeSpan time, long bytesPerSecond)
    {
        _there.Slow(time, bytesPerSecond);
        _back.Slow(time, bytesPerSecond);
    }

    /// <summary>Cuts by itself as soon as one connection has carried so many bytes.</summary>
    public void CutAfter(long bytes, TimeSpan outage)
    {
        lock (_lock)
            _armed = (bytes, outage);
    }

    /// <summary>What it is like and what it has done.</summary>
    public ImpairCounters Count() => new()
    {
        UptimeMs = _clock.Uptime.TotalMilliseconds,
        DelayMs = Settings.Delay.TotalMilliseconds,
        JitterMs = Settings.Jitter.TotalMilliseconds,
        BytesPerSecond = Settings.BytesPerSecond,
        Loss = Settings.Loss,
        IsCut = _clock.IsCut || _resets.IsCut,
        Cuts = Volatile.Read(ref _cuts),
        Connections = Connections,
        ConnectionsOpened = Volatile.Read(ref _opened),
        ConnectionsRefused = Volatile.Read(ref _refused),
        BytesThere = Interlocked.Read(ref _bytesThere),
        BytesBack = Interlocked.Read(ref _bytesBack),
        LostThere = _there.Lost,
        LostBack = _back.Lost,
    };

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
        using var connection = new ProxyConnection(near, _target, _clock, _there, _back);
        CancellationToken stop;
        lock (_lock)
        {
            if (_stop.IsCancellationRequested || _resets.IsCut
                || _connections.Count == Limits.Impair.ConnectionsMax)
            {
                Interlocked.Increment(ref _refused);
                connection.Reset();
                return;
            }

            stop = _stop.Token;
            _connections.Add(connection);
        }

        await connection.RunAsync(Carried, NoteOpened, stop);
        lock (_lock)
            _connections.Remove(connection);
    }

    private void NoteCut()
    {
        Interlocked.Increment(ref _cuts);
        _struck.TrySetResult();
    }

    private void NoteOpened(byte first)
    {
        Interlocked.Increment(ref _opened);
        if (first != TlsHandshake)
            Interlocked.Increment(ref _plain);
    }

    private void Carried(bool there, int more, long ofConnection)
    {
        Interlocked.Add(ref there ? ref _bytesThere : ref _bytesBack, more);
        TimeSpan outage;
        lock (_lock)
        {
            if (_armed is not { } armed || ofConnection < armed.AfterBytes)
                return;
            _armed = null;
            outage = armed.Outage;
        }

        Cut(outage);
    }
}
