using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Disks;

/// <summary>
/// Both directions of one agent for one disk: QEMU to link, link to QEMU, each a loop with one buffer on a thread of its
/// own, as a guest's relay has them. What differs: QEMU may go and come again on this one link. NBD begins with a
/// handshake, so each time is a conversation of its own, with a connection of its own at either end
/// (<see cref="DiskPiece"/>).
///
///     the source's QEMU connects -> open -> the target connects to its QEMU
///     a QEMU closes, breaks, or takes nothing for too long -> close -> the peer lets its QEMU go, and closes too
///     both have closed -> the next may begin; what still comes for a QEMU that is gone is dropped
///     the source ends it -> end of both channels -> Completed
///     anything else -> Settle: the first verdict stands, QEMU's socket closes at once, the peer is told why
///
/// A cut is none of these: the loops wait, and QEMU sees a slow disk.
/// </summary>
internal sealed class DiskRelay
{
    private readonly IDiskEnd _end;
    private readonly IDataLink _link;
    private readonly LinkBufferPool _buffers;
    private readonly TimeProvider _time;
    private readonly DiskTalks _talks;
    private readonly DiskWatch _watch;
    private readonly DiskPieceReader _pieces = new();
    private readonly TaskCompletionSource _peerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RelayOutcome? _verdict;
    private long _sent;
    private long _received;
    private int _stalls;

    public DiskRelay(IDiskEnd end, IDataLink link, LinkBufferPool buffers, TimeProvider time)
    {
        (_end, _link, _buffers, _time) = (end, link, buffers, time);
        _talks = new DiskTalks(end.Opens);
        _watch = new DiskWatch(time, Stalled);
        Completion = Task.Run(RunAsync);
    }

    public Task<RelayOutcome> Completion { get; }

    public DiskTraffic Traffic => new(
        Volatile.Read(ref _sent), Volatile.Read(ref _received), _link.BytesSent, _link.BytesReceived, _talks.Count,
        Volatile.Read(ref _stalls));

    public Task<RelayOutcome> EndAsync()
    {
        _talks.End();
        _end.Close();
        return Completion;
    }

    public Task<RelayOutcome> AbortAsync(AbortReason reason)
    {
        Settle(reason, $"this agent ended it: {reason}");
        return Completion;
    }

    private async Task<RelayOutcome> RunAsync()
    {
        var inward = BlockingThread.RunAsync("disk in", Inward);
        try
        {
            await BlockingThread.RunAsync("disk out", Outward);
            await Task.WhenAny(_peerEnded.Task, inward);
            Settle(RelayOutcome.Completed, tell: null);
        }
        catch (LinkException e)
        {
            // The peer's reason may lie unread: its connection was closed right behind it. Let the reader find it.
            await Task.WhenAny(inward, Task.Delay(TimeSpan.FromMilliseconds(Limits.Relay.VerdictGraceMs), _time));
            Settle(e);
        }
        catch (Exception e)
        {
            Settle(AbortReason.ProtocolError, $"the disk's relay failed: {e.Message}");
        }

        await _settled.Task;
        await inward;
        _watch.Dispose();
        return _verdict!;
    }

    private void Outward()
    {
        using var buffer = _buffers.Rent("disk: QEMU to link");
        while (Next(buffer) is { } talk)
        {
            PumpOut(talk, buffer);
            _talks.CloseHere(talk);
            Send(buffer, new DiskPiece(DiskPieceType.Close, 0));
            if (_end.Opens)
                _talks.AwaitClosedThere(talk);
        }

        if (Volatile.Read(ref _verdict) is null)
            _link.Complete();
    }

    private DiskTalk? Next(LinkBuffer buffer)
    {
        if (!_end.Opens)
            return _talks.AwaitMet();
        if (_end.Accept() is not { } socket || _talks.Begin(socket, isMet: true) is not { } talk)
            return null;
        Send(buffer, new DiskPiece(DiskPieceType.Open, 0));
        return talk;
    }

    private void PumpOut(DiskTalk talk, LinkBuffer buffer)
    {
        int count;
        while ((count = Take(talk, buffer)) > 0)
        {
            Send(buffer, new DiskPiece(DiskPieceType.Data, count));
            Volatile.Write(ref _sent, _sent + count);
        }

        talk.LetGo();
    }

    /// <summary>What QEMU sends next, behind room for the head; 0 when it sends no more, however that came.</summary>
    private static int Take(DiskTalk talk, LinkBuffer buffer)
    {
        try
        {
            return talk.Socket.Receive(buffer.Payload[Limits.DiskLink.HeadSize..]);
        }
        catch (Exception e) when (IsSocketGone(e))
        {
            return 0;
        }
    }

    private void Send(LinkBuffer buffer, DiskPiece piece)
    {
        piece.Write(buffer.Payload);
        _link.Send(buffer, Limits.DiskLink.HeadSize + piece.Length);
    }

    private void Inward()
    {
        try
        {
            var buffer = new byte[Limits.Relay.PayloadMax];
            int count;
            while ((count = _link.Receive(buffer)) > 0)
                Came(buffer.AsSpan(0, count));
            if (!_pieces.IsBetween)
                throw DiskTalks.Bad("the stream ended within a piece");
            _talks.EndCame();
            _peerEnded.TrySetResult();

            // Nothing may come now but the end of the link.
            _link.Receive(buffer);
        }
        catch (LinkException e) when (e.Fault == LinkFault.Cut && _peerEnded.Task.IsCompleted)
        {
            // The peer had both ends and closed; if our end did not get out, the outward loop says so.
        }
        catch (LinkException e)
        {
            Settle(e);
        }
        catch (Exception e)
        {
            Settle(AbortReason.ProtocolError, $"the disk's relay failed: {e.Message}");
        }
    }

    private void Came(ReadOnlySpan<byte> bytes)
    {
        while (_pieces.TryTake(ref bytes, out var type, out var data))
        {
            switch (type)
            {
                case DiskPieceType.Open:
                    Open();
                    break;
                case DiskPieceType.Data:
                    Give(_talks.Speaking(), data);
                    break;
                case DiskPieceType.Close:
                default:
                    var talk = _talks.Speaking();
                    talk.LetGo();
                    _talks.ClosedThere(talk);
                    break;
            }
        }
    }

    private void Open()
    {
        if (_talks.Opened(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) is not { } talk)
            return;
        _watch.Begins();
        try
        {
            _end.Connect(talk.Socket);
        }
        catch (Exception e) when (IsSocketGone(e))
        {
            // Nobody is there: the loop that waits for its bytes finds that, and closes.
            talk.LetGo();
        }

        _watch.Ends();
        _talks.Met(talk);
    }

    private void Give(DiskTalk talk, ReadOnlySpan<byte> bytes)
    {
        _watch.Begins();
        try
        {
            for (var left = bytes; !left.IsEmpty;)
                left = left[talk.Socket.Send(left)..];
            Volatile.Write(ref _received, _received + bytes.Length);
        }
        catch (Exception e) when (IsSocketGone(e))
        {
            // It is gone, and its bytes with it: the loop that waits for its own finds that, and closes.
            talk.LetGo();
        }

        _watch.Ends();
    }

    private void Stalled()
    {
        Interlocked.Increment(ref _stalls);
        _talks.LetGo();
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

    private void Settle(AbortReason reason, string detail) => Settle(RelayOutcome.Of(reason, detail), reason);

    private void Settle(RelayOutcome verdict, AbortReason? tell)
    {
        if (Interlocked.CompareExchange(ref _verdict, verdict, null) is not null)
            return;
        _talks.Over();
        _end.Close();
        _ = _link.EndAsync(tell, _settled);
    }

    private static bool IsSocketGone(Exception e) => e is SocketException or ObjectDisposedException;
}
