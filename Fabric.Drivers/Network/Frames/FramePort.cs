using Fabric.Drivers.Linux;
using Fabric.Drivers.Network.Netlink;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Network;

/// <summary>
/// An Ethernet port of a program: what a namespace sends by the TAP is read here, what is written arrives there. Frames
/// have the header that <see cref="FrameShape"/> tells of, and never wait: no frame is a zero. For one thread, but for
/// <see cref="SetOffload"/>.
/// </summary>
public sealed class FramePort : IDisposable
{
    /// <summary>The largest frame with its header: 64 KiB of IP in Ethernet.</summary>
    public const int FrameBytesMax = FrameShape.HeaderBytes + 14 + 65_536;

    private const nuint SetNonBlocking = 0x5421;
    private const nuint SetOffloads = 0x400454d0;
    private const nint Checksums = 0x01;
    private const nint LargeTcp = 0x02 | 0x04;
    private readonly SafeFileHandle _tap;

    private FramePort(SafeFileHandle tap) => _tap = tap;

    internal SafeFileHandle File => _tap;

    /// <summary>Opens it, makes it when there is none, and sets it up.</summary>
    /// <exception cref="NetworkException">There is no such namespace, the TAP is held, rights are missing.</exception>
    public static FramePort Open(NetworkNamespace place, string name)
    {
        var tap = TapDevice.OpenWithHeader(place, name);
        try
        {
            Span<byte> on = [1, 0, 0, 0];
            _ = Sockets.Control(tap, SetNonBlocking, on);
            using var kernel = NetlinkRoute.Open(place);
            if (kernel.Link(name) is { } link)
                kernel.SetUp(link.Index, up: true);
            return new FramePort(tap);
        }
        catch
        {
            tap.Dispose();
            throw;
        }
    }

    /// <summary>
    /// With it the kernel hands over up to 64 KiB at once and leaves checksums out, which costs a fraction; without it
    /// each frame is one of the wire.
    /// </summary>
    public void SetOffload(bool large) =>
        _ = Sockets.Control(_tap, SetOffloads, large ? Checksums | LargeTcp : Checksums);

    /// <summary>The next frame that waits.</summary>
    /// <returns>Its size; 0 when none waits.</returns>
    public int Read(Span<byte> buffer) => (int)Math.Max(0, Polling.Read(_tap, buffer, buffer.Length));

    /// <summary>Has a frame arrive.</summary>
    /// <returns>False when the interface takes none: it is down.</returns>
    public bool Write(ReadOnlySpan<byte> frame) => Polling.Write(_tap, frame, frame.Length) == frame.Length;

    /// <inheritdoc/>
    public void Dispose() => _tap.Dispose();
}
