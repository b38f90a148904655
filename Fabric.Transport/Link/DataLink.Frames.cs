using System.Globalization;
using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <content>What connections ask for and bring.</content>
public sealed partial class DataLink
{
    /// <summary>
    /// What this connection writes next: the bytes of a block, which are given back, or a frame without.
    /// </summary>
    internal bool TryTake(LinkConnection connection, out LinkOut next, out Block? block, out Range bytes)
    {
        (block, bytes) = (null, default);
        lock (_gate)
        {
            next = default;
            if (!MayWrite(connection) || !_machine.TryTake(connection.Slot, Now(), out next))
                return false;
            if (next.Kind != LinkOutKind.Data)
                return true;
            bytes = _sent[next.Channel]!.Open(next.Channel, next.Frame, out block);
            if (next.Frame.Again)
                _pace.Owe(Limits.Relay.HeaderSize + next.Frame.Length);
            Changed();
            return true;
        }
    }

    /// <summary>It was written, or not: its memory is not needed for that any more.</summary>
    internal void Written(Block? block, int count)
    {
        lock (_gate)
        {
            _bytesSent += count;
            if (block is not null)
                _blocks.Release(block);
            else
                _pace.Owe(count);
        }
    }

    internal bool HasWork(LinkConnection connection)
    {
        lock (_gate)
            return MayWrite(connection) && _machine.HasWork(connection.Slot);
    }

    /// <summary>
    /// The connection's own thread reads, when nobody else does who could take the bytes straight away.
    /// </summary>
    internal bool TryBeginReading(LinkConnection connection)
    {
        lock (_gate)
        {
            if (connection.IsReading || connection.IsClosed || IsFailed || !(connection.ReadsAlone || _machine.IsStriped))
                return false;
            return connection.IsReading = true;
        }
    }

    internal void EndReading(LinkConnection connection)
    {
        lock (_gate)
        {
            connection.IsReading = false;
            connection.Reads++;
            Changed();
        }

        if (connection.IsClosed)
            connection.WakeReader();
    }

    internal void AwaitNoReader(LinkConnection connection)
    {
        lock (_gate)
        {
            while (connection.IsReading)
                AwaitChange();
        }
    }

    internal void Came(LinkConnection connection, int count)
    {
        lock (_gate)
        {
            _bytesReceived += count;
            if (IsCurrent(connection))
                _machine.Keeper.Heard(connection.Slot);
        }
    }

    internal ArrivalKind Judge(LinkConnection connection, in FrameHeader frame)
    {
        lock (_gate)
        {
            ThrowIfNotCurrent(connection);
            var arrival =
                _machine.Data(connection.Slot, frame.Channel, frame.Offset, frame.Length, frame.Again);
            return arrival.Kind == ArrivalKind.Refused
                ? throw LinkFaults.Bad(arrival.Fault, TextOf(frame))
                : arrival.Kind;
        }
    }

    /// <summary>Bytes that were read straight into the memory of whoever waits for them; how many he has.</summary>
    internal int Direct(LinkConnection connection, int channel, long offset, Span<byte> bytes)
    {
        lock (_gate)
        {
            ThrowIfNotCurrent(connection);
            var receiver = _machine.Receiver(channel);
            var inbox = _inboxes[channel]!;
            if (receiver.Contiguous != offset || receiver.Delivered != offset)
            {
                // Another connection was faster, with the same bytes.
                inbox.ArrivedCopy(bytes, offset);
                Changed();
                return 0;
            }

            receiver.Advance(offset, bytes.Length);
            receiver.Deliver(bytes.Length);
            inbox.FollowUp();
            return bytes.Length;
        }
    }

    internal Region Reserve(int channel, int length)
    {
        lock (_gate)
            return _inboxes[channel]!.Reserve(length);
    }

    internal void Release(Region region)
    {
        lock (_gate)
            _blocks.Release(region.Block);
    }

    /// <summary>Bytes that are the next of their channel, into a region.</summary>
    internal void Aside(LinkConnection connection, int channel, Region region, long offset, int at, int count)
    {
        lock (_gate)
        {
            ThrowIfNotCurrent(connection);
            _inboxes[channel]!.Arrived(region, offset + at, at, count);
            Changed();
        }
    }

    /// <summary>A frame that is ahead of others, or was, whole; its region is given away.</summary>
    internal void Ahead(LinkConnection connection, int channel, Region region, long offset, int length)
    {
        lock (_gate)
        {
            ThrowIfNotCurrent(connection);
            _inboxes[channel]!.ArrivedWhole(region, offset, length);
            Changed();
        }
    }

    internal void Control(LinkConnection connection, in FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        var pump = false;
        lock (_gate)
        {
            ThrowIfNotCurrent(connection);
            switch (frame.Type)
            {
                case FrameType.Ack:
                    Check(
                        _machine.Ack(
                            connection.Slot, frame.Channel, frame.Offset, ControlFrames.LimitOf(payload), Now()), frame);
                    _sent[frame.Channel]!.Trim();
                    pump = true;
                    break;
                case FrameType.End:
                    Check(_machine.End(connection.Slot, frame.Channel, frame.Offset, frame.Again), frame);
                    pump = true;
                    break;
                case FrameType.Beat:
                    _machine.Heard(ControlFrames.BeatOf(frame, payload), Now());
                    break;
                case FrameType.Bye:
                    ByeCame(frame.Offset == 1);
                    break;
                case FrameType.Abort:
                    throw Aborted(payload[0]);
                case FrameType.Data:
                default:
                    throw new ArgumentOutOfRangeException(nameof(frame), frame.Type, "not a frame without bytes");
            }

            Changed();
        }

        // What it made possible is written by another: this one must go on reading.
        if (pump && HasWork(connection))
            connection.WakeWriter();
        if (frame.Type == FrameType.Bye)
        {
            WakeAll();
            CloseIfBothLeft();
        }
    }

    internal void ByeWritten() => CloseIfBothLeft();

    private void ByeCame(bool done)
    {
        _machine.Bye();
        if (done && _machine.Sender((int)Sends).HasEnded && _machine.Receiver(_receives).HasEnded)
        {
            _peerIsDone = true;
            _machine.Leave();
            _over ??= new LinkException(LinkFault.Cut, "the data link closed: both directions had ended");
        }
        else
        {
            _over ??= new LinkException(LinkFault.Cut, "the peer closed the data link before its end");
        }
    }

    private void PushAcks()
    {
        LinkConnection? alone = null;
        lock (_gate)
        {
            if (_machine.OwesAck)
                alone = Offer();
        }

        alone?.PumpIfFree();
    }

    /// <summary>
    /// The connection that there is only one of; several are woken, and the first that has time takes it.
    /// </summary>
    private LinkConnection? Offer()
    {
        LinkConnection? alone = null;
        foreach (var connection in _connections)
        {
            if (connection is null)
                continue;
            if (_machine.Keeper.OpenCount > 1)
                connection.WakeWriter();
            else
                alone = connection;
        }

        return alone;
    }

    /// <summary>The connection that whoever waits for bytes may read from; null while its own thread does.</summary>
    private LinkConnection? TakeReading(int channel)
    {
        if (channel != _receives || _machine.IsStriped)
            return null;
        var connection = _connections[0];
        if (connection is null || connection.IsClosed)
            return null;
        connection.ReadsAlone = connection.IsMute;
        if (connection.IsReading)
            return null;
        connection.IsReading = true;
        return connection;
    }

    private bool IsCurrent(LinkConnection connection) => _connections[connection.Slot] == connection;

    // Nothing may follow a last frame.
    private bool MayWrite(LinkConnection connection) =>
        IsCurrent(connection) && !connection.IsMute && !(_closing && !IsLingering);

    private void ThrowIfNotCurrent(LinkConnection connection)
    {
        if (!IsCurrent(connection))
            throw new IOException("another connection took its place");
    }

    private static void Check(FrameFault fault, in FrameHeader frame)
    {
        if (fault != FrameFault.None)
            throw LinkFaults.Bad(fault, TextOf(frame));
    }

    private static string TextOf(in FrameHeader frame) => string.Create(
        CultureInfo.InvariantCulture, $"{frame.Type} of channel {frame.Channel} at {frame.Offset}, {frame.Length} bytes");

    private static LinkException Aborted(byte code)
    {
        var reason = (AbortReason)code;
        return Enum.IsDefined(reason)
            ? new LinkException(LinkFault.Aborted, $"the peer ended the data link: {reason}") { Reason = reason }
            : new LinkException(LinkFault.BadFrame, $"bad frame on the data link: abort reason {code} is unknown");
    }
}
