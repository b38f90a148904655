using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Fabric.Drivers.Linux;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Network.Announce;

/// <summary>Whole Ethernet frames in and out of one interface. It receives ARP only.</summary>
internal sealed class PacketSocket : IDisposable
{
    private const int FamilyPacket = 17;
    private const int Raw = 3;
    private const int CloseOnExec = 0x80000;
    private const int LevelSocket = 1;
    private const int ReceiveTimeout = 20;
    private readonly SafeFileHandle _socket;

    private PacketSocket(SafeFileHandle socket) => _socket = socket;

    public static PacketSocket Open(NetworkNamespace place, int link) => place.Run(() =>
    {
        var descriptor = Sockets.Open(
            FamilyPacket, Raw | CloseOnExec, BinaryPrimitives.ReverseEndianness((ushort)AnnounceFrames.TypeArp));
        if (descriptor < 0)
            throw Failure("opening a packet socket");
        var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> address = stackalloc byte[PacketAddress.Size];
        PacketAddress.Write(address, AnnounceFrames.TypeArp, link);
        if (Sockets.Bind(socket, address, address.Length) == 0)
        {
            Sockets.SetTimeout(socket, LevelSocket, ReceiveTimeout, Limits.Network.ProbeTryMs);
            return new PacketSocket(socket);
        }

        var failure = Failure("binding a packet socket");
        socket.Dispose();
        throw failure;
    });

    public void Send(ReadOnlySpan<byte> frame)
    {
        if (Sockets.Send(_socket, frame, frame.Length, 0) != frame.Length)
            throw Failure("sending a frame");
    }

    /// <summary>A frame's length; null when none came in time.</summary>
    public int? Receive(Span<byte> buffer)
    {
        var length = Sockets.Receive(_socket, buffer, buffer.Length, 0);
        if (length >= 0)
            return (int)length;
        return Marshal.GetLastPInvokeError() is Errno.TryAgain or Errno.Interrupted ? null : throw Failure("receiving frames");
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static NetlinkException Failure(string doing)
    {
        var error = Marshal.GetLastPInvokeError();
        return new NetlinkException(NetlinkFault.Socket, $"{doing}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }
}
