using System.Buffers.Binary;
using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>Frames that carry no bytes of a channel.</summary>
internal static class ControlFrames
{
    /// <summary>Its length.</summary>
    public static int Write(in LinkOut next, Span<byte> frame)
    {
        var payload = frame[Limits.Relay.HeaderSize..];
        var header = next.Kind switch
        {
            LinkOutKind.End => new FrameHeader(FrameType.End, next.Channel, next.Frame.Again, 0, next.Frame.Offset),
            LinkOutKind.Ack =>
                new FrameHeader(FrameType.Ack, next.Channel, false, FrameHeader.AckLength, next.Received),
            LinkOutKind.Beat => new FrameHeader(FrameType.Beat, 0, false, FrameHeader.BeatLength, next.Beat.Stamp),
            LinkOutKind.Bye => new FrameHeader(FrameType.Bye, 0, false, 0, 1),
            LinkOutKind.Data => throw new ArgumentException("bytes are written from where they lie", nameof(next)),
            _ => throw new ArgumentOutOfRangeException(nameof(next), next.Kind, "not a frame"),
        };
        header.Write(frame);
        if (next.Kind == LinkOutKind.Ack)
        {
            BinaryPrimitives.WriteInt64BigEndian(payload, next.Limit);
        }
        else if (next.Kind == LinkOutKind.Beat)
        {
            BinaryPrimitives.WriteInt64BigEndian(payload, next.Beat.Echo);
            BinaryPrimitives.WriteInt64BigEndian(payload[8..], next.Beat.HeldMs);
        }

        return Limits.Relay.HeaderSize + header.Length;
    }

    public static long LimitOf(ReadOnlySpan<byte> payload) => Number(payload);

    public static LinkBeat BeatOf(in FrameHeader header, ReadOnlySpan<byte> payload) =>
        new(header.Offset, Number(payload), Number(payload[8..]));

    // What is over 63 bits is out of every range, and must not become a small number.
    private static long Number(ReadOnlySpan<byte> from) =>
        (long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(from), long.MaxValue);
}
