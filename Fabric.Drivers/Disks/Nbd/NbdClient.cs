using System.Buffers.Binary;
using System.Collections.Concurrent;
using Fabric.Protocol;
using static Fabric.Drivers.Disks.Nbd.NbdNumbers;

namespace Fabric.Drivers.Disks.Nbd;

/// <summary>
/// One connection to an NBD server: many requests at a time, answered in any order. The server on the far side is
/// another host's, so whatever it sends is bounded by what was asked for; anything else ends the connection.
/// </summary>
internal sealed class NbdClient : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ConcurrentDictionary<ulong, NbdPending> _pending = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private NbdException? _over;
    private ulong _lastCookie;
    private int _disposed;

    private NbdClient(Stream stream, NbdExport export)
    {
        _stream = stream;
        Export = export;
        _reading = Task.Run(ReadAsync, CancellationToken.None);
    }

    /// <summary>What is served.</summary>
    public NbdExport Export { get; }

    /// <summary>Greets the server behind the stream, which is this object's from then on, whatever happens.</summary>
    /// <exception cref="NbdException">It cannot be used.</exception>
    public static async Task<NbdClient> OpenAsync(
        Stream stream, string export, IReadOnlyList<string> contexts, TimeProvider time, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(Limits.Disks.NbdGreetingTimeoutMs), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return new NbdClient(stream, await NbdGreeting.OpenAsync(stream, export, contexts, both.Token));
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            throw e switch
            {
                NbdException => e,
                OperationCanceledException when cancellation.IsCancellationRequested => e,
                OperationCanceledException => new NbdException(NbdFault.Lost, "it did not greet in time", e),
                _ => new NbdException(NbdFault.Lost, $"the connection ended in the greeting: {e.Message}", e),
            };
        }
    }

    /// <summary>Reads.</summary>
    public Task ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation) => AskAsync(
        CommandRead, offset, (uint)into.Length, default, new NbdPending { Into = into, Offset = offset }, cancellation);

    /// <summary>Writes; on the server's disk only after <see cref="FlushAsync"/>.</summary>
    public Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        AskAsync(CommandWrite, offset, (uint)bytes.Length, bytes, new NbdPending(), cancellation);

    /// <summary>Writes zeroes.</summary>
    public Task WriteZeroesAsync(long offset, uint length, CancellationToken cancellation) =>
        AskAsync(CommandWriteZeroes, offset, length, default, new NbdPending(), cancellation);

    /// <summary>Whatever was answered before this was asked is on the server's disk when it is answered.</summary>
    public Task FlushAsync(CancellationToken cancellation) =>
        AskAsync(CommandFlush, 0, 0, default, new NbdPending(), cancellation);

    /// <summary>What a stretch is like, by context; each list begins at the offset and may end before the length.</summary>
    public async Task<IReadOnlyList<NbdExtent[]>> ExtentsAsync(
        long offset, uint length, CancellationToken cancellation)
    {
        var pending = new NbdPending();
        await AskAsync(CommandBlockStatus, offset, length, default, pending, cancellation);
        return [.. Export.Contexts.Select(c => pending.Extents.TryGetValue(c, out var extents)
            ? extents
            : throw new NbdException(NbdFault.Broken, "it left a context out of its answer"))];
    }

    /// <summary>Gives the connection up: whoever waits for an answer, or to send, fails at once.</summary>
    public void Abort() => End(new NbdException(NbdFault.Lost, "the connection was given up"));

    /// <summary>Hangs up; what waits for an answer fails.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Abort();

        // Closing wakes a reader and a writer that hang on a peer which neither reads nor writes.
        await _stream.DisposeAsync();
        await _reading;
    }

    private async Task AskAsync(
        ushort command, long offset, uint length, ReadOnlyMemory<byte> payload, NbdPending pending,
        CancellationToken cancellation)
    {
        var head = new byte[28];
        var cookie = Interlocked.Increment(ref _lastCookie);
        BinaryPrimitives.WriteUInt32BigEndian(head, RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), command);
        BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(8), cookie);
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(16), offset);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(24), length);
        _pending[cookie] = pending;

        // Looked at after it was added: whoever ends the connection fails all that it finds.
        if (Volatile.Read(ref _over) is { } over)
            pending.Fail(over.Again());
        else
            // Who gives up need not wait for a line that takes nothing; the connection goes on sending.
            await SendAsync(head, payload, cancellation).WaitAsync(cancellation);
        await pending.Answered.WaitAsync(cancellation);
    }

    private async Task SendAsync(byte[] head, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            // Not the caller's token: half a request would spoil the connection for all.
            await _stream.WriteAsync(head, _stop.Token);
            if (!payload.IsEmpty)
                await _stream.WriteAsync(payload, _stop.Token);
            await _stream.FlushAsync(_stop.Token);
        }
        catch (Exception e)
        {
            End(new NbdException(NbdFault.Lost, $"the connection ended: {e.Message}", e));
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            var answers = new NbdAnswers(_stream, _pending);
            while (true)
                await answers.NextAsync(_stop.Token);
        }
        catch (NbdException e)
        {
            End(e);
        }
        catch (Exception e)
        {
            End(new NbdException(NbdFault.Lost, $"the connection ended: {e.Message}", e));
        }
    }

    private void End(NbdException reason)
    {
        Interlocked.CompareExchange(ref _over, reason, null);

        // A sender may hang in a line that takes nothing.
        _stop.Cancel();
        foreach (var cookie in _pending.Keys)
        {
            if (_pending.TryRemove(cookie, out var waiting))
                waiting.Fail(reason.Again());
        }
    }
}
