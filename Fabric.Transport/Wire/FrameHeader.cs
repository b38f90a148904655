using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

// The data link on the wire, version 2. All numbers are big endian; zero is never a valid type, reason or version.
// docs/data-link.md has the same with its reasons.
//
//   hello, first on every connection, from the source (152 bytes)      answer, from the target (8 bytes)
//   +0   4  magic "FBDL"                                               +0  4  magic "FBDA"
//   +4   1  lowest version offered                                     +4  1  HelloCode: 1 accepted, else why not
//   +5   1  highest version offered                                    +5  1  version chosen, 0 when refused
//   +6   1  length of the migration's name                             +6  2  zero
//   +7   1  HelloKind   1 open: a new link      2 join: one more connection of it
//                       3 probe: no link (ticket, connection, purpose, number and secret are zero, attempt is 1, the name
//                       is "probe"): after the answer, pieces of 8 bytes come back as they were sent
//   +8   4  attempt, from 1
//   +12  32             the ticket              the proof, see LinkSecret
//   +44  64 migration name, padded with zeros
//   +108 1              0                       which connection, 0 to 15
//   +109 1  LinkPurpose    0 memory    1 to 8 a disk
//   +110 2  zero
//   +112 8              0                       number of the try, rises for each connection
//   +120 32             the link's secret       zero
//
//   then frames, both ways
//   +0   1  FrameType       1 data        2 end        3 abort      4 ack           5 beat        6 bye
//   +1   1  LinkChannel     1 to 4        1 to 4       0            1 to 4          0             0
//   +2   1  again           0 or 1        0 or 1       0            0               0             0
//   +3   1  zero
//   +4   4  length          1..262128     0            1            8               16            0
//   +8   8  offset          of the first  of all       0            bytes received  clock, ms     1 done, 0 not
//                           byte          bytes                     (the end is 1)
//   +16     payload         bytes         -            AbortReason  credit: offset  peer's clock, -
//                                                                   8               held ms: 8, 8
//
// On each connection the first frames of both sides are one ack for each channel that the side receives. A connection
// that closes was cut, and says nothing about how a channel ended: TLS's own close_notify is not used.

/// <summary>What a frame is.</summary>
public enum FrameType : byte
{
    /// <summary>Bytes of a channel.</summary>
    Data = 1,

    /// <summary>The channel ends here; every byte of it was sent.</summary>
    End = 2,

    /// <summary>The link ends here, and the stream with it, incomplete.</summary>
    Abort = 3,

    /// <summary>What was received of a channel, and up to where bytes are taken.</summary>
    Ack = 4,

    /// <summary>A sign of life.</summary>
    Beat = 5,

    /// <summary>The sender does not come back.</summary>
    Bye = 6,
}

/// <summary>The sixteen bytes at the beginning of each frame.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Channel">0 where the whole link is meant.</param>
/// <param name="Again">It was sent before, on a connection that was lost.</param>
/// <param name="Length">Bytes that follow.</param>
/// <param name="Offset">See the drawing.</param>
public readonly record struct FrameHeader(FrameType Type, int Channel, bool Again, int Length, long Offset)
{
    /// <summary>Bytes behind an ack's head.</summary>
    public const int AckLength = 8;

    /// <summary>Bytes behind a beat's head.</summary>
    public const int BeatLength = 16;

    /// <summary>The longest payload of a frame that carries no bytes of a channel.</summary>
    public const int ControlLengthMax = BeatLength;

    /// <summary>Puts the header at the beginning of the span.</summary>
    public void Write(Span<byte> into)
    {
        into[0] = (byte)Type;
        into[1] = (byte)Channel;
        into[2] = Again ? (byte)1 : (byte)0;
        into[3] = 0;
        BinaryPrimitives.WriteInt32BigEndian(into[4..8], Length);
        BinaryPrimitives.WriteInt64BigEndian(into[8..Limits.Relay.HeaderSize], Offset);
    }

    /// <summary>
    /// Takes a header apart; false, with what is wrong, for everything that the drawing above does not allow. Numbers
    /// are judged as unsigned and before anything is read or set aside for them.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> from, out FrameHeader header, out string fault)
    {
        header = default;
        var length = BinaryPrimitives.ReadUInt32BigEndian(from[4..8]);
        var offset = BinaryPrimitives.ReadUInt64BigEndian(from[8..Limits.Relay.HeaderSize]);
        var rule = RuleOf(from[0]);
        fault = rule.LengthMin > rule.LengthMax ? $"frame type {from[0]} is unknown"
            : rule.OfChannel != LinkChannels.IsKnown(from[1]) || (!rule.OfChannel && from[1] != 0)
                ? $"channel {from[1]} is unknown for a frame of type {from[0]}"
            : from[2] > (rule.MayComeAgain ? 1 : 0) || from[3] != 0
                ? $"the flags are {from[2]}, {from[3]} and not allowed"
            : length < rule.LengthMin || length > rule.LengthMax
                ? $"length {length} of a frame of type {from[0]} is outside {rule.LengthMin} to {rule.LengthMax}"
            : offset > rule.OffsetMax ? $"offset {offset} of a frame of type {from[0]} is over {rule.OffsetMax}"
            : "";
        if (fault.Length != 0)
            return false;
        header = new FrameHeader((FrameType)from[0], from[1], from[2] == 1, (int)length, (long)offset);
        return true;
    }

    private static Rule RuleOf(byte type) => (FrameType)type switch
    {
        FrameType.Data => new Rule(true, true, 1, Limits.Relay.PayloadMax, Limits.Link.OffsetMax),
        FrameType.End => new Rule(true, true, 0, 0, Limits.Link.OffsetMax),
        FrameType.Abort => new Rule(false, false, 1, 1, 0),
        FrameType.Ack => new Rule(true, false, AckLength, AckLength, Limits.Link.OffsetMax),
        FrameType.Beat => new Rule(false, false, BeatLength, BeatLength, long.MaxValue),
        FrameType.Bye => new Rule(false, false, 0, 0, 1),
        _ => new Rule(false, false, 1, 0, 0),
    };

    private readonly record struct Rule(
        bool OfChannel, bool MayComeAgain, uint LengthMin, uint LengthMax, ulong OffsetMax);
}
