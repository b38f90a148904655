using System.Globalization;
using Fabric.Protocol;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <summary>
/// One end of a data link: the product's own <see cref="LinkMachine"/>, with numbers in the place of bytes. Each byte
/// is where it comes from, so that one that is lost, doubled or misplaced is seen when its reader gets it.
/// </summary>
internal sealed class SimLinkEnd
{
    private readonly LinkBug _bug;
    private readonly Dictionary<(int Channel, long Number), long> _kept = [];
    private readonly Queue<(long Content, int Length)>[] _inboxes =
        [.. Enumerable.Range(0, LinkChannels.Count).Select(_ => new Queue<(long, int)>())];

    private readonly Dictionary<int, (long Content, int Length)> _ahead = [];
    private readonly long[] _taken = new long[LinkChannels.Count];
    private int _tags;

    public SimLinkEnd(int index, LinkTerms terms, long now, LinkBug bug)
    {
        (Index, _bug) = (index, bug);
        Side = index == 0 ? LinkSide.Source : LinkSide.Target;
        Machine = new LinkMachine(Side, terms, mayDial: index == 0, now);
        Main = index == 0 ? LinkChannels.Ram : LinkChannels.ReturnPath;
        Control = index == 0 ? LinkChannels.ControlForward : LinkChannels.ControlBack;
    }

    public int Index { get; }

    public LinkSide Side { get; }

    public LinkMachine Machine { get; }

    /// <summary>The channels that it sends on.</summary>
    public int Main { get; }

    public int Control { get; }

    /// <summary>Of the control channel that it receives, the reader stands still.</summary>
    public bool ReaderRests { get; set; }

    public SimWire?[] Wires { get; } = new SimWire?[Limits.Link.ConnectionsMax];

    /// <summary>Bytes of the peer's channel that its reader has.</summary>
    public long TakenOf(int channel) => _taken[channel];

    /// <summary>Adds a frame, when there is room.</summary>
    public bool TrySend(int channel, int length)
    {
        var sender = Machine.Sender(channel);
        if (!sender.HasRoom(length))
            return false;
        var at = sender.Next;
        _kept[(channel, sender.Add(length))] = at;
        return true;
    }

    /// <summary>What goes out next by that wire.</summary>
    public bool TryTake(SimWire wire, long now, out SimFrame frame)
    {
        frame = default;
        if (!Machine.TryTake(wire.Slot, now, out var next))
            return false;
        var content = 0L;
        if (next.Kind == LinkOutKind.Data)
        {
            var sent = next.Frame;
            content = _kept[(next.Channel, sent.Number)] + (_bug == LinkBug.ResendsFromWrongOffset ? 0 : sent.Skip);
        }

        frame = new SimFrame(next, content);
        return true;
    }

    /// <summary>A frame came, whole or (cut in its middle) its beginning.</summary>
    public void Take(SimWire wire, in SimFrame frame, long now, bool cut)
    {
        var (kind, channel, sent) = (frame.Out.Kind, frame.Out.Channel, frame.Out.Frame);
        Machine.Keeper.Heard(wire.Slot);
        if (cut && kind != LinkOutKind.Data)
            return;
        switch (kind)
        {
            case LinkOutKind.Data:
                TakeBytes(wire, frame, cut ? sent.Length / 2 : sent.Length);
                break;
            case LinkOutKind.Ack:
                Must(Machine.Ack(wire.Slot, channel, frame.Out.Received, frame.Out.Limit, now), frame);
                break;
            case LinkOutKind.End:
                Must(Machine.End(wire.Slot, channel, sent.Offset, sent.Again), frame);
                break;
            case LinkOutKind.Beat:
                Machine.Heard(frame.Out.Beat, now);
                break;
            case LinkOutKind.Bye:
                Machine.Bye();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(frame), kind, "not a frame");
        }
    }

    /// <summary>The readers take what has come; every byte must be the one that was sent there.</summary>
    public void Read()
    {
        for (var c = LinkChannels.Ram; c < LinkChannels.Count; c++)
        {
            if (LinkChannels.SenderOf(c) == Side)
                continue;
            var receiver = Machine.Receiver(c);
            if (ReaderRests && c == LinkChannels.ControlForward + LinkChannels.ControlBack - Control)
            {
                // It has taken nothing, and yet it is said to have.
                if (_bug == LinkBug.GivesEndlessCredit)
                    receiver.Deliver((int)(receiver.Contiguous - receiver.Delivered));
                if (receiver.Contiguous - _taken[c] > LinkChannels.WindowOf(c))
                    throw Broken($"{receiver.Contiguous - _taken[c]} bytes of channel {c} wait for a reader at rest");
                continue;
            }

            while (_inboxes[c].TryDequeue(out var piece))
            {
                if (piece.Content != _taken[c])
                    throw Broken($"channel {c} gives its reader byte {piece.Content} in the place of {_taken[c]}");
                _taken[c] += piece.Length;
            }

            if (_taken[c] < receiver.Contiguous)
                throw Broken($"channel {c} says that {receiver.Contiguous} bytes came, and {_taken[c]} did");
            receiver.Deliver((int)(receiver.Contiguous - receiver.Delivered));
        }
    }

    private void TakeBytes(SimWire wire, in SimFrame frame, int count)
    {
        var (channel, sent) = (frame.Out.Channel, frame.Out.Frame);
        var receiver = Machine.Receiver(channel);
        var offset = sent.Offset + sent.Skip;
        var arrival = Machine.Data(wire.Slot, channel, offset, sent.Length, sent.Again);
        if (arrival.Kind == ArrivalKind.Refused)
            throw Broken($"bytes of channel {channel} at {offset} are refused: {arrival.Fault}");
        if (arrival.Kind == ArrivalKind.Duplicate)
        {
            if (_bug == LinkBug.TakesDuplicates)
                _inboxes[channel].Enqueue((frame.Content, sent.Length));
            return;
        }

        if (arrival.Kind == ArrivalKind.Ahead)
        {
            if (count == sent.Length && receiver.TryKeep(offset, sent.Length, ++_tags))
                _ahead[_tags] = (frame.Content, sent.Length);
            return;
        }

        if (count == 0)
            return;
        var skip = receiver.Advance(offset, _bug == LinkBug.AcksBeforeItCame ? sent.Length : count);
        if (count > skip)
            _inboxes[channel].Enqueue((frame.Content + skip, count - skip));
        while (receiver.TryNext(out var next, out var length, out var tag))
        {
            skip = receiver.Advance(next, length);
            _ahead.Remove(tag, out var kept);
            if (kept.Length > skip)
                _inboxes[channel].Enqueue((kept.Content + skip, kept.Length - skip));
        }
    }

    private void Must(FrameFault fault, in SimFrame frame)
    {
        if (fault != FrameFault.None)
            throw Broken($"{frame.Out.Kind} of channel {frame.Out.Channel} is refused: {fault}");
    }

    private RuleBrokenException Broken(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"rule L1: the data link's {Side}: {what}"));
}
