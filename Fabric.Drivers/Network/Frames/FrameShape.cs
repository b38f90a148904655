using System.Buffers.Binary;

namespace Fabric.Drivers.Network;

/// <summary>
/// What a frame from a <see cref="FramePort"/> is on a wire. With offload the kernel hands over one large frame for
/// many: before each stands a header of ten bytes (struct virtio_net_hdr: flags, kind, length of the heads, size of a
/// segment, where the checksum begins and goes), which the port at the other end understands.
/// </summary>
/// <param name="WireBytes">All its segments with their heads, as frames without checksum and preamble.</param>
/// <param name="Segments">How many frames it is.</param>
public readonly record struct FrameShape(int WireBytes, int Segments)
{
    /// <summary>The header's size.</summary>
    public const int HeaderBytes = 10;

    private const int KindAt = 1;
    private const int HeadsAt = 2;
    private const int SegmentAt = 4;

    /// <summary>Looks at a frame with its header.</summary>
    public static FrameShape Of(ReadOnlySpan<byte> frame)
    {
        var bytes = frame.Length - HeaderBytes;
        var heads = BinaryPrimitives.ReadUInt16LittleEndian(frame[HeadsAt..]);
        var segment = BinaryPrimitives.ReadUInt16LittleEndian(frame[SegmentAt..]);
        if (frame[KindAt] == 0 || segment == 0 || heads >= bytes)
            return new FrameShape(bytes, 1);
        var segments = (bytes - heads + segment - 1) / segment;
        return new FrameShape(bytes + ((segments - 1) * heads), segments);
    }
}
