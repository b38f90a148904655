using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;
using Fabric.Protocol;

namespace Fabric.Host.Impair;

/// <summary>
/// One direction of one connection: a reader puts pieces on the line, a writer takes each off when it is due. What is
/// under way is bounded, so a sender that is faster than the line, or than its peer reads, waits.
/// </summary>
/// <param name="from">Read until its end.</param>
/// <param name="to">Written, and then ended.</param>
/// <param name="line">Says when.</param>
/// <param name="clock">The line's.</param>
/// <param name="carried">Hears what was delivered.</param>
/// <param name="opened">Hears the first byte that comes.</param>
internal sealed class LinePipe(
    Socket from, Socket to, ImpairedLine line, LineClock clock, Action<int> carried, Action<byte>? opened)
{
    private readonly ByteWindow _window = new();
    private readonly Channel<Piece> _underWay = Channel.CreateBounded<Piece>(
        new BoundedChannelOptions(Limits.Impair.PiecesMax) { SingleReader = true, SingleWriter = true });

    /// <summary>Copies to the end. Faults as soon as either side does.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await Task.WhenAll(
                StopOnFault(ReadAsync(broken.Token), broken), StopOnFault(WriteAsync(broken.Token), broken));
        }
        finally
        {
            while (_underWay.Reader.TryRead(out var piece))
                ArrayPool<byte>.Shared.Return(piece.Buffer);
        }
    }

    private static async Task StopOnFault(Task half, CancellationTokenSource broken)
    {
        try
        {
            await half;
        }
        catch
        {
            await broken.CancelAsync();
            throw;
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var buffer = new byte[Limits.Impair.PieceBytesMax];
        var (due, late) = (TimeSpan.Zero, false);
        var first = opened;
        while (await from.ReceiveAsync(buffer.AsMemory(0, line.PieceBytes()), cancellation) is var read and > 0)
        {
            first?.Invoke(buffer[0]);
            first = null;
            if (line.Settings.IsPlain && _window.IsEmpty && !clock.IsCut)
            {
                await DeliverAsync(buffer.AsMemory(0, read), cancellation);
                continue;
            }

            await _window.TakeAsync(read, line.WindowBytes(), cancellation);
            var passage = line.Admit(read, late);
            // A connection's bytes stay in order, whatever jitter and loss made of each piece.
            due = passage.Due > due ? passage.Due : due;
            var piece = ArrayPool<byte>.Shared.Rent(read);
            buffer.AsSpan(0, read).CopyTo(piece);
            await _underWay.Writer.WriteAsync(new Piece(piece, read, due), cancellation);
            var ahead = TimeSpan.FromMilliseconds(Limits.Impair.AheadMs);
            late = await clock.WaitUntilAsync(passage.Departs - ahead, cancellation) && from.Available > 0;
        }

        var end = clock.Now + line.Settings.Delay;
        await _underWay.Writer.WriteAsync(new Piece([], 0, end > due ? end : due), cancellation);
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        await foreach (var (buffer, length, due) in _underWay.Reader.ReadAllAsync(cancellation))
        {
            await clock.WaitUntilAsync(due, cancellation);
            if (length == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            await DeliverAsync(buffer.AsMemory(0, length), cancellation);
            ArrayPool<byte>.Shared.Return(buffer);
            _window.Return(length);
        }
    }

    private async ValueTask DeliverAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += await to.SendAsync(bytes[sent..], cancellation);
        carried(bytes.Length);
    }

    private readonly record struct Piece(byte[] Buffer, int Length, TimeSpan Due);
}
