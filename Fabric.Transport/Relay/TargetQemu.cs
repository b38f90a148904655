using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>
/// Towards the target's QEMU, and towards another that takes its place. Connects only for bytes: a connection that closes
/// without any ends an incoming QEMU.
///
///     waiting --bytes--> connected --breaks--> vacant --another is filled--> connected
///
/// While it is vacant both loops of the relay wait, and the link's flow control stops the source. Whoever fills has the
/// turn: the loop that makes QEMU's bytes is then either between two pieces, or waits in the middle of giving one, which
/// is part of the refill.
/// </summary>
internal sealed class TargetQemu(string path, IRefill refill) : IQemuSide
{
    private readonly TaskCompletionSource<Socket> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private string _path = path;
    private Socket? _socket;
    private Socket? _filling;
    private int _replaced;
    private bool _isDue;
    private volatile bool _closed;

    public Task<Socket> Connected => _connected.Task;

    public Socket? Current => Volatile.Read(ref _socket);

    public object Turn { get; } = new();

    public bool MayBeReplaced => WhyNot == RefillRefusal.None;

    /// <summary>Why none can take its place; any thread, and only for now.</summary>
    public RefillRefusal WhyNot => _closed ? RefillRefusal.Ended : refill.WhyNot;

    public Socket ConnectForBytes()
    {
        if (_socket is { } made)
            return made;
        _socket = Connect(_path);
        return _connected.TrySetResult(_socket)
            ? _socket
            : throw new ObjectDisposedException(nameof(TargetQemu));
    }

    public bool AwaitNext(Socket? broken)
    {
        // Asked first without the turn: at the end of a stream QEMU closes while its last bytes may be under way to it.
        if (IsThere(broken) && !MayBeReplaced)
            return false;
        lock (Turn)
        {
            if (IsThere(broken) && !MayBeReplaced)
                return false;
            // Without a connection these are its first bytes, and whoever comes is due them.
            _isDue |= broken is null;
            var before = _replaced;
            while (!_closed && (broken is null ? _replaced == before : IsThere(broken)))
                Monitor.Wait(Turn);
            return !_closed;
        }
    }

    /// <summary>
    /// Another QEMU waits on that path. On return it has everything that the one before it was given, or is due nothing
    /// yet; or it was given a part of it, and can only be ended. Blocks.
    /// </summary>
    public (RefillRefusal Why, string Detail) Replace(string path, StallWatch watch)
    {
        lock (Turn)
        {
            if (WhyNot is not RefillRefusal.None and var why)
                return (why, "what it was given cannot be given again");
            _path = path;
            if (_socket is null && !_isDue)
                return (RefillRefusal.None, "");
            // Its process is gone; whoever has not noticed does now.
            _socket?.Dispose();
            try
            {
                return Fill(path, watch);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return (_closed ? RefillRefusal.Ended : RefillRefusal.Unfilled, e.Message);
            }
            catch (PageWorkException e)
            {
                return (RefillRefusal.Store, e.Message);
            }
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _socket?.Dispose();
            _filling?.Dispose();
        }

        _connected.TrySetCanceled();
        // Not here: whoever has the turn may be in a call that only ends because of what was just closed.
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.Wake(), this, preferLocal: false);
    }

    /// <summary>No other one has taken its place yet.</summary>
    private bool IsThere(Socket? broken) => ReferenceEquals(Volatile.Read(ref _socket), broken);

    private (RefillRefusal, string) Fill(string path, StallWatch watch)
    {
        var socket = Connect(path);
        var why = refill.Refill(new Fresh(socket, watch));
        if (why != RefillRefusal.None)
        {
            socket.Dispose();
            return (why, "not every page that it was given is held");
        }

        lock (_gate)
        {
            if (_closed)
                return (RefillRefusal.Ended, "the transfer ended meanwhile");
            (_socket, _filling, _isDue) = (socket, null, false);
        }

        _replaced++;
        _connected.TrySetResult(socket);
        Monitor.PulseAll(Turn);
        return (RefillRefusal.None, "");
    }

    private Socket Connect(string to)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        lock (_gate)
        {
            _filling = socket;
            if (_closed)
                socket.Dispose();
        }

        socket.SendBufferSize = Limits.Relay.QemuSendBuffer;
        socket.Connect(QemuPath.EndPointOf(to));
        return socket;
    }

    private void Wake()
    {
        lock (Turn)
            Monitor.PulseAll(Turn);
    }

    private sealed class Fresh(Socket socket, StallWatch watch) : IByteSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            watch.ToQemuBegins();
            while (!bytes.IsEmpty)
                bytes = bytes[socket.Send(bytes)..];
            watch.ToQemuEnds();
        }
    }
}
