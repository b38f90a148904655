using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

// The data link on the wire. All numbers are big endian; zero is never a valid type, channel, reason or version.
//
//   hello, once, from the source (108 bytes)          answer, once, from the target (8 bytes)
//   +0   4  magic "FBDL"                              +0  4  magic "FBDA"
//   +4   1  lowest version offered                    +4  1  HelloCode: 1 accepted, else why not
//   +5   1  highest version offered                   +5  1  version chosen, 0 when refused
//   +6   1  length of the migration's name            +6  2  zero
//   +7   1  zero
//   +8   4  attempt, from 1
//   +12  32 ticket
//   +44  64 migration name, padded with zeros
//
//   then frames, both ways
//   +0   1  FrameType       1 data      2 end of stream   3 abort
//   +1   1  LinkChannel     1 ram (source to target)      2 return path (target to source)
//   +2   2  zero
//   +4   4  length          1..262136   0                 1
//   +8      payload         bytes       -                 AbortReason
//
// A connection that closes without an end frame was cut, and so says nothing about how the stream ended. That is why
// TLS's own close_notify is not used: the end frame is inside the stream and authenticated like every byte of it.

/// <summary>What a frame is.</summary>
public enum FrameType : byte
{
    /// <summary>Bytes of a channel.</summary>
    Data = 1,

    /// <summary>The channel ends here; every byte of it was sent.</summary>
    End = 2,

    /// <summary>The link ends here, and the stream with it, incomplete.</summary>
    Abort = 3,
}

/// <summary>A direction of QEMU's migration stream.</summary>
public enum LinkChannel : byte
{
    /// <summary>From the source's QEMU to the target's.</summary>
    Ram = 1,

    /// <summary>The return path, from the target's QEMU to the source's.</summary>
    ReturnPath = 2,
}

/// <summary>The eight bytes before each payload.</summary>
public readonly record struct FrameHeader(FrameType Type, LinkChannel Channel, int Length)
{
    /// <summary>Puts the header at the beginning of the span.</summary>
    public void Write(Span<byte> into)
    {
        into[0] = (byte)Type;
        into[1] = (byte)Channel;
        into[2] = 0;
        into[3] = 0;
        BinaryPrimitives.WriteInt32BigEndian(into[4..Limits.Relay.HeaderSize], Length);
    }

    /// <summary>
    /// Takes a header apart; false, with what is wrong, for everything that the drawing above does not allow.
    /// The length is judged as unsigned and before anything is read or set aside for it.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> from, out FrameHeader header, out string fault)
    {
        header = default;
        var length = BinaryPrimitives.ReadUInt32BigEndian(from[4..Limits.Relay.HeaderSize]);
        var (min, max) = from[0] switch
        {
            (byte)FrameType.Data => (1u, (uint)Limits.Relay.PayloadMax),
            (byte)FrameType.End => (0u, 0u),
            (byte)FrameType.Abort => (1u, 1u),
            _ => (1u, 0u),
        };
        fault = (min, max) == (1u, 0u) ? $"frame type {from[0]} is unknown"
            : from[1] is not ((byte)LinkChannel.Ram or (byte)LinkChannel.ReturnPath) ? $"channel {from[1]} is unknown"
            : (from[2] | from[3]) != 0 ? $"the reserved bytes are {from[2]}, {from[3]} and not zero"
            : length < min || length > max ? $"length {length} of a frame of type {from[0]} is outside {min} to {max}"
            : "";
        if (fault.Length != 0)
            return false;
        header = new FrameHeader((FrameType)from[0], (LinkChannel)from[1], (int)length);
        return true;
    }
}
