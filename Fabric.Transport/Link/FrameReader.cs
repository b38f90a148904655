using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>
/// Takes one connection's bytes apart into frames. Bytes that are the next of a channel whose reader waits go straight
/// to it; all others into a region of the channel's inbox. One thread at a time.
/// </summary>
internal sealed class FrameReader(DataLink link, LinkConnection connection, LinkWire wire)
{
    private readonly byte[] _head = new byte[Limits.Relay.HeaderSize];
    private readonly byte[] _dropped = new byte[4096];
    private int _headCount;
    private FrameHeader _frame;
    private ArrivalKind _kind;
    private Region _region;
    private bool _hasRegion;
    private int _done;

    private int Left => _frame.Length - _done;

    /// <summary>One read, or one frame without bytes; how many bytes were put into the span.</summary>
    public int Step(Span<byte> direct, int channel)
    {
        if (_kind == default)
        {
            NextFrame();
            return 0;
        }

        if (_kind == ArrivalKind.Duplicate)
        {
            _done += Some(_dropped.AsSpan(0, Math.Min(Left, _dropped.Length)));
            FrameMayBeOver();
            return 0;
        }

        return _kind == ArrivalKind.InOrder && !_hasRegion && channel == _frame.Channel && !direct.IsEmpty
            ? ReadDirect(direct)
            : ReadAside();
    }

    /// <summary>The connection is gone: what a frame was to have is given back.</summary>
    public void Abandon()
    {
        if (_hasRegion)
            link.Release(_region);
        _hasRegion = false;
    }

    private int ReadDirect(Span<byte> into)
    {
        var count = Piece(into);

        // QEMU gets its bytes before the frame is complete; of TLS, whole records that lie here already come along: a
        // write to QEMU for each of their 16 KiB would wake QEMU for each.
        while (_done + count < _frame.Length && into.Length - count >= Limits.Relay.GatherRoomMin
            && wire.Tail is { HoldsRecord: true })
        {
            count += Piece(into[count..], count);
        }

        var at = _done;
        _done += count;
        var taken = link.Direct(connection, _frame.Channel, _frame.Offset + at, into[..count]);
        FrameMayBeOver();
        return taken;
    }

    /// <summary>The next frame's head comes along where there is room for it: a read less for each frame.</summary>
    private int Piece(Span<byte> into, int before = 0)
    {
        var left = Left - before;
        var withHead = left + Limits.Relay.HeaderSize;
        var count = Some(into.Length >= withHead ? into[..withHead] : into[..Math.Min(left, into.Length)]);
        if (count <= left)
            return count;
        _headCount = count - left;
        into.Slice(left, _headCount).CopyTo(_head);
        return left;
    }

    private int ReadAside()
    {
        if (!_hasRegion)
        {
            // In the middle of a frame it is for the rest of it.
            _region = link.Reserve(_frame.Channel, Left);
            (_frame, _done) = (_frame with { Offset = _frame.Offset + _done, Length = Left }, 0);
            _hasRegion = true;
        }

        var count = Some(_region.Block.Bytes.AsSpan(_region.At + _done, Left));
        var at = _done;
        _done += count;
        if (_kind == ArrivalKind.InOrder)
            link.Aside(connection, _frame.Channel, _region, _frame.Offset, at, count);
        FrameMayBeOver();
        return 0;
    }

    private void FrameMayBeOver()
    {
        if (Left > 0)
            return;
        if (_hasRegion && _kind == ArrivalKind.Ahead)
            link.Ahead(connection, _frame.Channel, _region, _frame.Offset, _frame.Length);
        else if (_hasRegion)
            link.Release(_region);
        (_hasRegion, _kind, _done) = (false, default, 0);
    }

    private void NextFrame()
    {
        while (_headCount < _head.Length)
            _headCount += Some(_head.AsSpan(_headCount));
        _headCount = 0;
        if (!FrameHeader.TryParse(_head, out var header, out var fault))
            throw new LinkException(LinkFault.BadFrame, $"bad frame on the data link: {fault}");
        if (header.Type == FrameType.Data)
        {
            _kind = link.Judge(connection, header);
            (_frame, _done) = (header, 0);
            return;
        }

        Span<byte> payload = stackalloc byte[FrameHeader.ControlLengthMax];
        for (var filled = 0; filled < header.Length;)
            filled += Some(payload[filled..header.Length]);
        link.Control(connection, header, payload[..header.Length]);
    }

    private int Some(Span<byte> into)
    {
        var count = wire.Stream.Read(into);
        if (count == 0)
            throw new IOException("the peer closed the connection");
        link.Came(connection, count);
        return count;
    }
}
