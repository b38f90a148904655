using System.Runtime.InteropServices;
using Fabric.Drivers.Linux;
using Fabric.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>A socket to the kernel's routing tables. It stays in the network namespace that it was opened in.</summary>
internal sealed class NetlinkSocket : INetlinkChannel
{
    private const int FamilyNetlink = 16;
    private const int Raw = 3;
    private const int CloseOnExec = 0x80000;
    private const int ProtocolRoute = 0;
    private const int LevelSocket = 1;
    private const int ReceiveTimeout = 20;
    private const int SendTimeout = 21;
    private const int LevelNetlink = 270;
    private const int CapAck = 10;
    private const int ExtAck = 11;
    private const int StrictCheck = 12;
    private const int Truncate = 0x20;
    private const int AddressSize = 12;

    private readonly SafeFileHandle _socket;

    private NetlinkSocket(SafeFileHandle socket) => _socket = socket;

    /// <summary>Opens one in the namespace.</summary>
    public static NetlinkSocket Open(NetworkNamespace place) => place.Run(OpenHere);

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        nint sent;
        do
        {
            sent = Sockets.Send(_socket, datagram, datagram.Length, 0);
        }
        while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        if (sent != datagram.Length)
            throw Failure("sending to the kernel");
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> buffer)
    {
        nint length;
        do
        {
            length = Sockets.Receive(_socket, buffer, buffer.Length, Truncate);
        }
        while (length < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        if (length < 0)
        {
            throw Marshal.GetLastPInvokeError() switch
            {
                Errno.TryAgain => new NetlinkException(
                    NetlinkFault.NoAnswer, $"the kernel did not answer within {Limits.Network.NetlinkTimeoutMs} ms"),
                Errno.NoBuffers => new NetlinkException(
                    NetlinkFault.Lost, "an answer of the kernel was lost: the socket's buffer was full", Errno.NoBuffers),
                _ => Failure("reading from the kernel"),
            };
        }

        return length <= buffer.Length
            ? (int)length
            : throw NetlinkReader.Malformed($"a datagram of {length} bytes is over {buffer.Length}");
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static NetlinkSocket OpenHere()
    {
        var descriptor = Sockets.Open(FamilyNetlink, Raw | CloseOnExec, ProtocolRoute);
        if (descriptor < 0)
            throw Failure("opening a netlink socket");
        var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Span<byte> address = stackalloc byte[AddressSize];
            address.Clear();
            MemoryMarshal.Write(address, (ushort)FamilyNetlink);
            if (Sockets.Bind(socket, address, address.Length) != 0)
                throw Failure("binding a netlink socket");
            // Both ask the kernel to say more and to check more; one before 4.12 or 4.20 knows them not, and works.
            Option(socket, LevelNetlink, ExtAck, [1, 0, 0, 0]);
            Option(socket, LevelNetlink, CapAck, [1, 0, 0, 0]);
            Option(socket, LevelNetlink, StrictCheck, [1, 0, 0, 0]);
            Sockets.SetTimeout(socket, LevelSocket, ReceiveTimeout, Limits.Network.NetlinkTimeoutMs);
            Sockets.SetTimeout(socket, LevelSocket, SendTimeout, Limits.Network.NetlinkTimeoutMs);
            return new NetlinkSocket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Option(SafeFileHandle socket, int level, int option, ReadOnlySpan<byte> value) =>
        _ = Sockets.SetOption(socket, level, option, value, value.Length);

    private static NetlinkException Failure(string doing)
    {
        var error = Marshal.GetLastPInvokeError();
        return new NetlinkException(
            NetlinkFault.Socket, $"{doing}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }
}
