using System.Buffers.Binary;
using System.Collections.Concurrent;
using Fabric.Protocol;
using static Fabric.Drivers.Disks.Nbd.NbdNumbers;

namespace Fabric.Drivers.Disks.Nbd;

/// <summary>Takes answers off a connection, simple ones and chunks, and gives them to who waits for them.</summary>
internal sealed class NbdAnswers(Stream stream, ConcurrentDictionary<ulong, NbdPending> pending)
{
    private readonly byte[] _head = new byte[20];

    /// <summary>Takes one.</summary>
    /// <exception cref="NbdException">The server broke the protocol.</exception>
    public async Task NextAsync(CancellationToken cancellation)
    {
        await stream.ReadExactlyAsync(_head.AsMemory(0, 16), cancellation);
        switch (BinaryPrimitives.ReadUInt32BigEndian(_head))
        {
            case SimpleReplyMagic:
                var error = BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(4));
                var waiting = Found();
                if (error != 0)
                    waiting.Error = Refused(error);
                else if (waiting.Into.Length > 0)
                    await FillAsync(waiting, 0, waiting.Into.Length, cancellation);
                Done(waiting);
                break;
            case ChunkMagic:
                await stream.ReadExactlyAsync(_head.AsMemory(16, 4), cancellation);
                await TakeChunkAsync(cancellation);
                break;
            default:
                throw Broken("it sent something that is no answer");
        }
    }

    private async Task TakeChunkAsync(CancellationToken cancellation)
    {
        var flags = BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(4));
        var type = BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(6));
        var length = BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(16));
        var isLast = (flags & ChunkDone) != 0;
        var waiting = Found();
        switch (type)
        {
            case ChunkNone when length == 0 && isLast:
                break;
            case ChunkOffsetData when length > 8 && length - 8 <= waiting.Into.Length:
                await FillAsync(waiting, await StartAsync(waiting, cancellation), (int)(length - 8), cancellation);
                break;
            case ChunkOffsetHole when length == 12 && waiting.Into.Length > 0:
                await ClearAsync(waiting, cancellation);
                break;
            case ChunkBlockStatus when length >= 12 && (length - 4) % 8 == 0
                && (length - 4) / 8 <= Limits.Disks.ExtentsMax:
                await TakeExtentsAsync(waiting, (int)length, cancellation);
                break;
            case >= ChunkErrorBit when length is >= 4 and <= Limits.Disks.NbdTextBytesMax:
                var text = await NbdGreeting.ReadAsync(stream, (int)length, cancellation);
                waiting.Error = Refused(BinaryPrimitives.ReadUInt32BigEndian(text));
                break;
            default:
                throw Broken($"a chunk of type {type} with {length} bytes");
        }

        if (isLast)
            Done(waiting);
    }

    private async Task ClearAsync(NbdPending waiting, CancellationToken cancellation)
    {
        var start = await StartAsync(waiting, cancellation);
        var count = (int)Bound(
            BinaryPrimitives.ReadUInt32BigEndian(await NbdGreeting.ReadAsync(stream, 4, cancellation)), waiting);
        Within(waiting, start, count).Span.Clear();
        waiting.Filled += count;
    }

    private async Task FillAsync(NbdPending waiting, int start, int count, CancellationToken cancellation)
    {
        await stream.ReadExactlyAsync(Within(waiting, start, count), cancellation);
        waiting.Filled += count;
    }

    private async Task<int> StartAsync(NbdPending waiting, CancellationToken cancellation)
    {
        var offset = BinaryPrimitives.ReadInt64BigEndian(await NbdGreeting.ReadAsync(stream, 8, cancellation));
        return offset >= waiting.Offset && offset - waiting.Offset < waiting.Into.Length
            ? (int)(offset - waiting.Offset)
            : throw Broken("bytes that were not asked for");
    }

    private async Task TakeExtentsAsync(NbdPending waiting, int length, CancellationToken cancellation)
    {
        var data = await NbdGreeting.ReadAsync(stream, length, cancellation);
        var extents = new NbdExtent[(length - 4) / 8];
        for (var i = 0; i < extents.Length; i++)
        {
            var at = data.AsSpan(4 + (i * 8));
            extents[i] = new NbdExtent(
                BinaryPrimitives.ReadUInt32BigEndian(at), BinaryPrimitives.ReadUInt32BigEndian(at[4..]));
        }

        if (extents.Any(e => e.Length == 0) || waiting.Extents.Count > 4)
            throw Broken("extents that say nothing");
        waiting.Extents[BinaryPrimitives.ReadUInt32BigEndian(data)] = extents;
    }

    private static long Bound(long count, NbdPending waiting) =>
        count <= waiting.Into.Length ? count : throw Broken("more bytes than were asked for");

    private static Memory<byte> Within(NbdPending waiting, int start, int count) =>
        count <= waiting.Into.Length - start && count <= waiting.Into.Length - waiting.Filled
            ? waiting.Into.Slice(start, count)
            : throw Broken("more bytes than were asked for");

    private ulong Cookie() => BinaryPrimitives.ReadUInt64BigEndian(_head.AsSpan(8));

    // Only now: whoever ends the connection in the middle of an answer fails all that still wait.
    private void Done(NbdPending waiting)
    {
        pending.TryRemove(Cookie(), out _);
        waiting.Done();
    }

    private NbdPending Found() => pending.TryGetValue(Cookie(), out var waiting)
        ? waiting
        : throw Broken("an answer to nothing");

    private static NbdException Refused(uint error) => new(
        error is 28 ? NbdFault.NoSpace : NbdFault.Refused, $"it answered: {ErrorText(error)}");

    private static NbdException Broken(string what) => new(NbdFault.Broken, what);
}
