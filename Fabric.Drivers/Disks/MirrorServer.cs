using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;
using static Fabric.Drivers.Disks.Nbd.NbdNumbers;

namespace Fabric.Drivers.Disks;

/// <summary>
/// Takes a guest's writes from its machine, gives each to the target, and answers when the target has. Until then the guest
/// waits, so this object must never hold on to one: whatever goes wrong, and a target that answers nothing for
/// <see cref="Limits.Disks.MirrorStallMs"/>, closes the machine's connection. The machine then reports an error to its
/// job, and the guest writes on.
/// <para>
/// One connection, once. A write that was passed on when it broke keeps its stretch until the target has answered: it may
/// still arrive.
/// </para>
/// </summary>
internal sealed class MirrorServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly string _path;
    private readonly NbdClient _target;
    private readonly RangeGate _gate;
    private readonly CopyCounters _counters;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly SemaphoreSlim _room = new(Limits.Disks.MirrorRequestsMax, Limits.Disks.MirrorRequestsMax);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string?> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _watch;
    private readonly Task _serving;
    private volatile Socket? _machine;
    private volatile bool _isEnding;
    private int _waiting;
    private long _copied;
    private long _since;

    /// <summary>Listens, for its own user.</summary>
    /// <exception cref="SocketException">The path is taken, or too long.</exception>
    public MirrorServer(string path, NbdClient target, RangeGate gate, CopyCounters counters, TimeProvider time)
    {
        (_path, _target, _gate, _counters, _time) = (path, target, gate, counters, time);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _listener.Listen(1);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        var period = TimeSpan.FromMilliseconds(Limits.Disks.MirrorLookMs);
        _watch = time.CreateTimer(static self => ((MirrorServer)self!).Look(), this, period, period);
        _serving = Task.Run(ServeAsync, CancellationToken.None);
    }

    /// <summary>
    /// Completes when it is over: with why, when writes of the guest may be missing at the target from now on; with null,
    /// when it was ended.
    /// </summary>
    public Task<string?> Over => _over.Task;

    /// <summary>The machine's end of the connection is no failure any more.</summary>
    public void ExpectEnd() => _isEnding = true;

    /// <summary>Lets the guest go, at once.</summary>
    /// <param name="why">What went wrong; null when nothing did.</param>
    public void Close(string? why)
    {
        _over.TrySetResult(why);
        _stop.Cancel();
        _listener.Dispose();
        _machine?.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close(null);
        await _watch.DisposeAsync();
        await _serving;
        File.Delete(_path);
    }

    private async Task ServeAsync()
    {
        try
        {
            var machine = await _listener.AcceptAsync(_stop.Token);
            _machine = machine;
            _listener.Dispose();
            if (_stop.IsCancellationRequested)
                machine.Dispose();
            await using var stream = new NetworkStream(machine, ownsSocket: true);
            await NbdWelcome.GreetAsync(stream, _target.Export.Bytes, _stop.Token);
            await TakeAsync(stream);
            Close(HungUp("the machine hung up"));
        }
        catch (Exception e)
        {
            Close(HungUp($"the machine's connection ended: {e.Message}"));
        }
    }

    private string? HungUp(string why) => _isEnding && Volatile.Read(ref _waiting) == 0 ? null : why;

    private async Task TakeAsync(NetworkStream stream)
    {
        var head = new byte[28];
        while (true)
        {
            await _room.WaitAsync(_stop.Token);
            await stream.ReadExactlyAsync(head, _stop.Token);
            var command = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(6));
            var cookie = BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(8));
            var offset = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(16));
            var length = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(24));
            if (BinaryPrimitives.ReadUInt32BigEndian(head) != RequestMagic || offset < 0
                || offset > _target.Export.Bytes - length || (command == CommandWrite && length > Limits.Disks.PieceBytesMax))
                throw new NbdException(NbdFault.Broken, "the machine sent something that is no request");
            if (command == CommandDisconnect)
                return;
            byte[]? bytes = null;
            if (command == CommandWrite)
            {
                bytes = ArrayPool<byte>.Shared.Rent((int)length);
                await stream.ReadExactlyAsync(bytes.AsMemory(0, (int)length), _stop.Token);
            }

            Begins();
            _ = AnswerAsync(stream, command, cookie, offset, length, bytes);
        }
    }

    private async Task AnswerAsync(
        NetworkStream stream, ushort command, ulong cookie, long offset, uint length, byte[]? bytes)
    {
        try
        {
            await PassOnAsync(command, offset, length, bytes);
            await ReplyAsync(stream, cookie);
            Ends();
        }
        catch (Exception e)
        {
            // Not answered: the connection is closed, which is an answer too.
            Close($"the target did not take a write of the guest: {e.Message}");
        }
        finally
        {
            _room.Release();
        }
    }

    // Not with this object's token: what is on its way keeps its stretch until it is known to have arrived, or never to.
    private async Task PassOnAsync(ushort command, long offset, uint length, byte[]? bytes)
    {
        switch (command)
        {
            case CommandWrite:
                using (await _gate.HoldAsync(offset, length, _stop.Token))
                    await _target.WriteAsync(offset, bytes.AsMemory(0, (int)length), CancellationToken.None);
                // Only here: after a failure the connection may still have hold of it.
                ArrayPool<byte>.Shared.Return(bytes!);
                break;
            case CommandWriteZeroes:
                using (await _gate.HoldAsync(offset, length, _stop.Token))
                    await _target.WriteZeroesAsync(offset, length, CancellationToken.None);
                break;
            case CommandFlush:
                await _target.FlushAsync(CancellationToken.None);
                break;
            default:
                throw new NbdException(NbdFault.Refused, $"the machine asks for {command}, which it was not offered");
        }
    }

    private async Task ReplyAsync(NetworkStream stream, ulong cookie)
    {
        var reply = new byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(reply, SimpleReplyMagic);
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(8), cookie);
        await _sending.WaitAsync(_stop.Token);
        try
        {
            await stream.WriteAsync(reply, _stop.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    private void Begins()
    {
        if (Volatile.Read(ref _waiting) == 0)
            Volatile.Write(ref _since, _time.GetTimestamp());
        Interlocked.Increment(ref _waiting);
    }

    private void Ends()
    {
        Volatile.Write(ref _since, _time.GetTimestamp());
        Interlocked.Decrement(ref _waiting);
    }

    private void Look()
    {
        // A line that carries the round beside it is slow, and does not stall.
        var copied = _counters.Copied + _counters.Zero;
        if (Interlocked.Exchange(ref _copied, copied) != copied)
            Volatile.Write(ref _since, _time.GetTimestamp());
        if (Volatile.Read(ref _waiting) > 0
            && _time.GetElapsedTime(Volatile.Read(ref _since)).TotalMilliseconds >= Limits.Disks.MirrorStallMs)
            Close($"the target answered nothing for {Limits.Disks.MirrorStallMs / 1000} s");
    }
}
