using System.Buffers;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>
/// One round of a copy, from the source's export to the target's, in ascending order with many pieces under way. What
/// counts as copied is decided here: a piece counts when it and all before it were answered and a flush that was asked
/// after that was answered too. Then it is on the target's disk, and neither the end of the target's machine nor of its
/// host takes it away.
/// </summary>
/// <param name="source">Read from.</param>
/// <param name="target">Written to.</param>
/// <param name="gate">A piece holds its stretch while it is written, and is read again when the guest was faster.</param>
/// <param name="isMirrored">
/// The guest's writes go to the target beside this: they are not to wait for long, and what was seen of a stretch before it
/// was held says nothing.
/// </param>
/// <param name="counters">Added to.</param>
/// <param name="onSafe">Told how far it is.</param>
internal sealed class RoundCopy(
    NbdClient source, NbdClient target, RangeGate gate, bool isMirrored, CopyCounters counters,
    Func<long, CancellationToken, Task> onSafe)
{
    private readonly long _window = isMirrored ? Limits.Disks.MirrorWindowBytes : Limits.Disks.WindowBytes;
    private readonly Queue<(Task Copied, long End, long Bytes)> _pieces = new();
    private long _underway;
    private long _done;
    private long _sinceFlush;
    private Task _flush = Task.CompletedTask;

    /// <summary>Copies from a position to the end of the disk; all of it is safe when this returns.</summary>
    /// <exception cref="NbdException">A server failed; the caller knows which from <see cref="SourceFailure"/>.</exception>
    public async Task RunAsync(long from, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _done = from;
        try
        {
            await CopyAsync(from, stop.Token);
            while (_pieces.Count > 0)
                await TakeOldestAsync(stop.Token);
            await _flush;
            await FlushAsync(source.Export.Bytes, stop.Token);
        }
        catch
        {
            // The others are given up and waited for, so that none of them writes after this has returned. A line that
            // stalls would hold up who is sending.
            await stop.CancelAsync();
            target.Abort();
            source.Abort();
            await Task.WhenAll(_pieces.Select(p => p.Copied).Append(_flush))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task CopyAsync(long from, CancellationToken cancellation)
    {
        for (var position = from; position < source.Export.Bytes;)
        {
            var look = (uint)Math.Min(Limits.Disks.LookBytesMax, source.Export.Bytes - position);
            var extents = await OfSource(source.ExtentsAsync(position, look, cancellation));
            var before = position;
            foreach (var stretch in DiskStretch.Of(extents[0], extents.Count > 1 ? extents[1] : null, look))
            {
                if (stretch.IsDirty)
                    await AddAsync(position, stretch, cancellation);
                position += stretch.Length;
            }

            if (position == before)
                throw new SourceFailure(new NbdException(NbdFault.Broken, "it says nothing of its disk"));
        }
    }

    private async Task AddAsync(long position, DiskStretch stretch, CancellationToken cancellation)
    {
        var isZero = stretch.IsZero && !isMirrored;
        var most = isZero ? Limits.Disks.ZeroPieceBytesMax : Limits.Disks.PieceBytesMax;
        for (var end = position + stretch.Length; position < end;)
        {
            var count = (int)Math.Min(most, end - position);
            var weight = isZero ? 0 : count;
            while (_pieces.Count >= Limits.Disks.PiecesMax
                || (_pieces.Count > 0 && _underway + weight > _window))
                await TakeOldestAsync(cancellation);
            _underway += weight;
            var copied = isZero
                ? ZeroPieceAsync(position, count, cancellation)
                : CopyPieceAsync(position, count, cancellation);
            position += count;
            _pieces.Enqueue((copied, position, weight));
        }
    }

    private async Task TakeOldestAsync(CancellationToken cancellation)
    {
        var (copied, end, bytes) = _pieces.Peek();
        await copied;
        _pieces.Dequeue();
        _underway -= bytes;
        _sinceFlush += bytes;
        _done = end;
        if (_sinceFlush < Limits.Disks.CheckpointBytes || !_flush.IsCompleted)
            return;
        await _flush;
        _sinceFlush = 0;
        _flush = FlushAsync(_done, cancellation);
    }

    private async Task FlushAsync(long safe, CancellationToken cancellation)
    {
        await target.FlushAsync(cancellation);
        await onSafe(safe, cancellation);
    }

    private async Task CopyPieceAsync(long position, int count, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(count);
        var bytes = buffer.AsMemory(0, count);
        for (var tries = 1; !await TryCopyPieceAsync(position, bytes, cancellation); tries++)
        {
            if (tries >= Limits.Disks.MirrorReadsMax && await TryCopyHeldAsync(position, bytes, cancellation))
                break;
        }

        // Only here: after a failure a connection may still have hold of it.
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private async Task<bool> TryCopyPieceAsync(long position, Memory<byte> bytes, CancellationToken cancellation)
    {
        var look = gate.Begin(position, bytes.Length);
        try
        {
            await OfSource(source.ReadAsync(position, bytes, cancellation));
            if (await gate.HoldAsync(look, cancellation) is not { } held)
                return false;
            using (held)
                await WriteAsync(position, bytes, cancellation);
            return true;
        }
        finally
        {
            gate.End(look);
        }
    }

    // The guest's writes into it wait meanwhile. Not for long: the source may not read before they are through.
    private async Task<bool> TryCopyHeldAsync(long position, Memory<byte> bytes, CancellationToken cancellation)
    {
        Task read;
        using (await gate.HoldAsync(position, bytes.Length, cancellation))
        {
            read = OfSource(source.ReadAsync(position, bytes, cancellation));
            try
            {
                await read.WaitAsync(TimeSpan.FromMilliseconds(Limits.Disks.MirrorReadMs), cancellation);
                await WriteAsync(position, bytes, cancellation);
                return true;
            }
            catch (TimeoutException)
            {
                // Let go of first.
            }
        }

        await read;
        return false;
    }

    private async Task WriteAsync(long position, Memory<byte> bytes, CancellationToken cancellation)
    {
        if (bytes.Span.ContainsAnyExcept((byte)0))
        {
            await target.WriteAsync(position, bytes, cancellation);
            counters.Add(bytes.Length, isZero: false);
        }
        else
        {
            await ZeroAsync(position, bytes.Length, cancellation);
        }
    }

    private async Task ZeroPieceAsync(long position, int count, CancellationToken cancellation)
    {
        using var held = await gate.HoldAsync(position, count, cancellation);
        await ZeroAsync(position, count, cancellation);
    }

    private async Task ZeroAsync(long position, int count, CancellationToken cancellation)
    {
        await target.WriteZeroesAsync(position, (uint)count, cancellation);
        counters.Add(count, isZero: true);
    }

    private static async Task OfSource(Task asked)
    {
        try
        {
            await asked;
        }
        catch (NbdException e)
        {
            throw new SourceFailure(e);
        }
    }

    private static async Task<T> OfSource<T>(Task<T> asked)
    {
        await OfSource((Task)asked);
        return await asked;
    }
}

/// <summary>It was the source's export that failed, not the target's.</summary>
internal sealed class SourceFailure(NbdException cause) : Exception(cause.Message, cause)
{
    /// <summary>What it said.</summary>
    public NbdException Cause { get; } = cause;
}
