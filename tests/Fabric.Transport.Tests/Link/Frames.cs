using System.Buffers.Binary;
using System.Text;
using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Link;

/// <summary>Frames as a peer would write them, right or wrong.</summary>
internal static class Frames
{
    /// <summary>What a source says first on each connection: it has received nothing yet.</summary>
    public static byte[] SourceGreeting { get; } =
        [.. Ack(LinkChannels.ReturnPath, 0, 1 << 20), .. Ack(LinkChannels.ControlBack, 0, 1 << 20)];

    public static byte[] Data(string text, long offset, int channel = LinkChannels.Ram, bool again = false) =>
        [.. Head(FrameType.Data, channel, again, text.Length, offset), .. Encoding.ASCII.GetBytes(text)];

    public static byte[] End(long offset, int channel = LinkChannels.Ram, bool again = false) =>
        Head(FrameType.End, channel, again, 0, offset);

    public static byte[] Abort(byte reason) => [.. Head(FrameType.Abort, 0, false, 1, 0), reason];

    public static byte[] Bye(bool done) => Head(FrameType.Bye, 0, false, 0, done ? 1 : 0);

    public static byte[] Ack(int channel, long received, long limit)
    {
        var payload = new byte[FrameHeader.AckLength];
        BinaryPrimitives.WriteInt64BigEndian(payload, limit);
        return [.. Head(FrameType.Ack, channel, false, payload.Length, received), .. payload];
    }

    private static byte[] Head(FrameType type, int channel, bool again, int length, long offset)
    {
        var head = new byte[Limits.Relay.HeaderSize];
        new FrameHeader(type, channel, again, length, offset).Write(head);
        return head;
    }
}
