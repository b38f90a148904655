using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Relay;

/// <summary>
/// Both directions of one agent: QEMU to link, link to QEMU. Each is one loop with one buffer on a thread of its own:
/// it reads, then writes, then reads. So a path that is full stops the loop, the loop stops QEMU's socket, and nothing
/// piles up. The calls block, and a verdict ends them by closing what they wait for: to hand each piece from thread to
/// thread, as asynchronous calls do, took twice the processor time of moving it.
///
///     QEMU closes        -> end of stream to the peer
///     end from the peer  -> QEMU's socket is half closed; the link is still listened to
///     both ended         -> Completed
///     QEMU breaks        -> where another may take its place, both loops wait for it, for a bounded time
///     anything else      -> Settle: the first verdict stands, QEMU's socket closes at once, the peer is told why
/// </summary>
internal sealed class RelayEngine
{
    private readonly IQemuSide _qemu;
    private readonly IDataLink _link;
    private readonly LinkBufferPool _buffers;
    private readonly TimeProvider _time;
    private readonly StallWatch _watch;
    private readonly AbortReason _qemuClosed;
    private readonly IRelayWork? _work;
    private readonly LinkSink _toLink;
    private readonly QemuSink _toQemu;
    private readonly TaskCompletionSource _peerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RelayOutcome? _verdict;
    private bool _ending;
    private long _out;

    public RelayEngine(
        IQemuSide qemu, IDataLink link, LinkBufferPool buffers, TimeProvider time, IRelayWork? work = null)
    {
        _work = work;
        _qemu = qemu;
        _link = link;
        _buffers = buffers;
        _time = time;
        _qemuClosed = link.Sends == LinkChannel.Ram ? AbortReason.SourceClosed : AbortReason.TargetClosed;
        _watch = new StallWatch(
            time, link, detail => Settle(AbortReason.Stalled, detail), detail => Settle(_qemuClosed, detail));
        _toLink = new LinkSink(link, buffers, _watch, time);
        _toQemu = new QemuSink(qemu, _watch);
        Completion = Task.Run(RunAsync);
    }

    public Task<RelayOutcome> Completion { get; }

    /// <summary>Bytes from QEMU to the link.</summary>
    public long Out => Volatile.Read(ref _out);

    /// <summary>Bytes from the link to QEMU.</summary>
    public long In => _toQemu.Given;

    public long Wire => _link.BytesSent + _link.BytesReceived;

    /// <summary>Closes QEMU's socket before it returns, then tells the peer; ends when the relay has ended.</summary>
    public Task AbortAsync(AbortReason reason)
    {
        Settle(reason, $"this agent ended it: {reason}");
        return Completion;
    }

    /// <summary>Another QEMU waits on that path; a failure ends the relay.</summary>
    public async Task<RefillRefusal> ReplaceAsync(TargetQemu qemu, string path)
    {
        var (why, detail) = await BlockingThread.RunAsync("relay refill", () => qemu.Replace(path, _watch));
        if (why != RefillRefusal.None)
            Settle(_qemuClosed, $"QEMU is gone, and another could not be filled ({why}): {detail}");
        return why;
    }

    private async Task<RelayOutcome> RunAsync()
    {
        _work?.Begin(_toLink);
        var inward = BlockingThread.RunAsync("relay in", Inward);
        var outward = OutwardAsync(inward);

        // A verdict closes the link, so both loops end; without one, the inward loop listens on until the link closes.
        await outward;
        await Task.WhenAny(_peerEnded.Task, inward);
        Settle(RelayOutcome.Completed, tell: null);
        await _settled.Task;
        await inward;
        _watch.Dispose();
        lock (_qemu.Turn)
            _work?.Dispose();
        _toLink.Dispose();
        return _verdict!;
    }

    private async Task OutwardAsync(Task inward)
    {
        Socket socket;
        try
        {
            socket = await _qemu.Connected;
        }
        catch (Exception e) when (IsSocketGone(e))
        {
            Settle(_qemuClosed, "QEMU did not connect");
            return;
        }

        await CutIsVerdictAsync(inward, BlockingThread.RunAsync("relay out", () => PumpOut(socket)));
    }

    private void PumpOut(Socket socket)
    {
        // Work has a frame of its own to gather in; then QEMU's bytes need none.
        var work = _work is { WorksOutward: true } ? _work : null;
        using var buffer = work is null ? _buffers.Rent("relay: QEMU to link") : null;
        var own = buffer is null ? new byte[Limits.Relay.PayloadMax] : null;
        var guard = new ReturnPathGuard();
        while (true)
        {
            // Each time: what the link has sent it keeps, and the buffer has other memory then.
            var into = buffer is null ? own : buffer.Payload;
            var kept = guard.Restore(into);
            int count;
            bool rests;
            try
            {
                count = socket.Receive(into[kept..]);
                rests = work is not null && socket.Available == 0;
            }
            catch (Exception e) when (IsSocketGone(e))
            {
                if (IsReplaced(ref socket, guard))
                    continue;
                Settle(_qemuClosed, "QEMU broke its connection");
                return;
            }

            if (count == 0)
            {
                if (IsReplaced(ref socket, guard))
                    continue;
                break;
            }

            // In this order: one that may not be replaced any more will not be.
            var guarded = _qemu.MayBeReplaced;
            if (!ReferenceEquals(_qemu.Current, socket) && IsReplaced(ref socket, guard))
                continue;
            count += kept;
            if (guarded && guard.Judge(into[..count]) is { } whole)
                count = whole;
            else if (guarded && IsReplaced(ref socket, guard))
                continue;
            else
                guard.Forget();
            if (count == 0)
                continue;
            work?.Out(into[..count], rests);
            if (buffer is not null)
            {
                _watch.ToLinkBegins();
                _link.Send(buffer, count);
                _watch.ToLinkEnds();
            }

            Volatile.Write(ref _out, _out + count);
        }

        if (_out == 0 && _link.Sends == LinkChannel.Ram)
        {
            Settle(AbortReason.SourceClosed, "the source's QEMU closed its connection without a byte");
            return;
        }

        _work?.OutEnds();
        Volatile.Write(ref _ending, true);
        _watch.ToLinkBegins();
        _link.Complete();
        _watch.ToLinkEnds();
    }

    private bool IsReplaced(ref Socket socket, ReturnPathGuard guard)
    {
        _watch.VacancyBegins();
        var replaced = _qemu.AwaitNext(socket);
        _watch.VacancyEnds();
        if (!replaced)
            return false;
        socket = _qemu.Current!;
        guard.Forget();
        return true;
    }

    private async Task CutIsVerdictAsync(Task inward, Task outward)
    {
        try
        {
            await outward;
        }
        catch (LinkException e)
        {
            // The peer's reason may lie unread: its connection was closed right behind it. Let the reader find it.
            await Task.WhenAny(inward, Task.Delay(TimeSpan.FromMilliseconds(Limits.Relay.VerdictGraceMs), _time));
            Settle(e);
        }
        catch (PageWorkException e)
        {
            Settle(e);
        }
        catch (Exception e)
        {
            Settle(AbortReason.ProtocolError, $"the relay failed: {e.Message}");
        }
    }

    private void Inward()
    {
        try
        {
            PumpIn();
            _peerEnded.TrySetResult();

            // Nothing may come now but the end of the link; if that comes before our own end, it is a cut.
            Span<byte> nothing = stackalloc byte[1];
            if (!Volatile.Read(ref _ending))
                _link.Receive(nothing);
        }
        catch (LinkException e) when (e.Fault == LinkFault.Cut && _peerEnded.Task.IsCompleted
            && Volatile.Read(ref _ending))
        {
            // The peer had both ends and closed; if our end did not get out, the outward loop says so.
        }
        catch (LinkException e)
        {
            Settle(e);
        }
        catch (Exception e) when (IsSocketGone(e))
        {
            Settle(_qemuClosed, "QEMU broke its connection, or takes none");
        }
        catch (PageWorkException e)
        {
            Settle(e);
        }
        catch (Exception e)
        {
            Settle(AbortReason.ProtocolError, $"the relay failed: {e.Message}");
        }
    }

    private void PumpIn()
    {
        using var buffer = _buffers.Rent("relay: link to QEMU");
        int count;
        while ((count = _link.Receive(buffer.Payload)) > 0)
        {
            lock (_qemu.Turn)
            {
                if (_work is null)
                    _toQemu.Write(buffer.Payload[..count]);
                else
                    _work.In(buffer.Payload[..count], _toQemu);
            }
        }

        lock (_qemu.Turn)
            _work?.InEnds(_toQemu);
        if (In == 0 && _link.Sends == LinkChannel.ReturnPath)
            Settle(AbortReason.SourceClosed, "the source ended its stream without a byte");
        else
            HalfClose();
    }

    private void HalfClose()
    {
        try
        {
            _qemu.Current?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsSocketGone(e))
        {
            // QEMU closed first; there is nothing left that it should have taken.
        }
    }

    private void Settle(LinkException e)
    {
        if (e.Fault == LinkFault.Aborted)
            Settle(RelayOutcome.Of(e.Reason!.Value, e.Message), tell: null);
        else if (e.Fault == LinkFault.BadFrame)
            Settle(AbortReason.ProtocolError, e.Message);
        else
            Settle(new RelayOutcome(RelayEnd.LinkLost, Reason: null, e.Message), tell: null);
    }

    private void Settle(PageWorkException e) =>
        Settle(AbortReason.ProtocolError, $"page work failed, {e.Fault}: {e.Message}");

    private void Settle(AbortReason reason, string detail) => Settle(RelayOutcome.Of(reason, detail), reason);

    private void Settle(RelayOutcome verdict, AbortReason? tell)
    {
        if (Interlocked.CompareExchange(ref _verdict, verdict, null) is not null)
            return;
        _qemu.Close();
        _work?.Release();
        _ = _link.EndAsync(tell, _settled);
    }

    private static bool IsSocketGone(Exception e) =>
        e is SocketException or ObjectDisposedException or OperationCanceledException;
}
