using System.Runtime.InteropServices;
using Fabric.Drivers.Linux;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Network;

/// <summary>A frame that passed an interface.</summary>
/// <param name="Length">What of it was read.</param>
/// <param name="IsOutgoing">This machine sent it.</param>
/// <param name="At">When it passed, by the kernel's clock: whoever listens may be late.</param>
public readonly record struct HeardFrame(int Length, bool IsOutgoing, DateTimeOffset At);

/// <summary>Hears every frame that passes one interface, in and out. For one thread.</summary>
public sealed class FrameEar : IDisposable
{
    private const int FamilyPacket = 17;
    private const int Raw = 3;
    private const int CloseOnExec = 0x80000;
    private const ushort AllProtocols = 3;
    private const int LevelSocket = 1;
    private const int ReceiveBuffer = 8;
    private const int ReceiveBufferForced = 33;
    private const int ReceiveTimeout = 20;
    private const int ReceiveTimeoutMs = 100;
    private const nuint TimeOfLast = 0x8907; // SIOCGSTAMPNS
    private const byte Outgoing = 4;
    private const int Interrupted = 4;
    private const int TimedOut = 11;
    private const int LinkDown = 100;
    private readonly SafeFileHandle _socket;

    private FrameEar(SafeFileHandle socket) => _socket = socket;

    /// <summary>Begins to hear.</summary>
    /// <exception cref="NetlinkException">There is no such interface, or rights are missing.</exception>
    public static FrameEar Open(NetworkNamespace place, string link)
    {
        using var kernel = NetlinkRoute.Open(place);
        var index = kernel.Link(link)?.Index
            ?? throw new NetlinkException(NetlinkFault.Socket, $"{place} has no interface {link}", 0);
        return place.Run(() =>
        {
            // Of no protocol until it is bound to the interface: else it hears those of all interfaces first.
            var descriptor = Sockets.Open(FamilyPacket, Raw | CloseOnExec, 0);
            if (descriptor < 0)
                throw Failure("opening a packet socket");
            var socket = new SafeFileHandle(descriptor, ownsHandle: true);
            MakeRoom(socket);
            Span<byte> address = stackalloc byte[PacketAddress.Size];
            PacketAddress.Write(address, AllProtocols, index);
            if (Sockets.Bind(socket, address, address.Length) == 0)
            {
                Sockets.SetTimeout(socket, LevelSocket, ReceiveTimeout, ReceiveTimeoutMs);
                return new FrameEar(socket);
            }

            var failure = Failure("binding a packet socket");
            socket.Dispose();
            throw failure;
        });
    }

    /// <summary>The next frame, cut off where the buffer ends; null when none passed for a tenth of a second.</summary>
    /// <exception cref="NetlinkException">Nothing will be heard any more: the interface is gone.</exception>
    public HeardFrame? Hear(Span<byte> buffer)
    {
        Span<byte> from = stackalloc byte[PacketAddress.Size];
        var size = from.Length;
        var length = Sockets.ReceiveFrom(_socket, buffer, buffer.Length, 0, from, ref size);
        if (length < 0)
        {
            // An interface that goes down tells it once, and is heard again when it is up.
            return Marshal.GetLastPInvokeError() is Interrupted or TimedOut or LinkDown
                ? null
                : throw Failure("hearing a frame");
        }

        Span<byte> time = stackalloc byte[2 * sizeof(long)];
        if (Sockets.Control(_socket, TimeOfLast, time) != 0)
            throw Failure("asking when a frame passed");
        var at = DateTimeOffset.UnixEpoch.AddTicks(
            (MemoryMarshal.Read<long>(time) * TimeSpan.TicksPerSecond)
            + (MemoryMarshal.Read<long>(time[sizeof(long)..]) / TimeSpan.NanosecondsPerTick));
        return new HeardFrame((int)length, PacketAddress.KindOf(from) == Outgoing, at);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // A frame that finds no room is lost without a word. More than the machine allows everybody is for root.
    private static void MakeRoom(SafeFileHandle socket)
    {
        Span<int> room = [Limits.Network.EarBufferBytes];
        var bytes = MemoryMarshal.AsBytes(room);
        if (Sockets.SetOption(socket, LevelSocket, ReceiveBufferForced, bytes, bytes.Length) != 0)
            _ = Sockets.SetOption(socket, LevelSocket, ReceiveBuffer, bytes, bytes.Length);
    }

    private static NetlinkException Failure(string doing)
    {
        var error = Marshal.GetLastPInvokeError();
        return new NetlinkException(NetlinkFault.Socket, $"{doing}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }
}
