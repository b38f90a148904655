using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>Broadcast frames of the VM's MAC that an interface hears, by their type.</summary>
internal sealed class ArpLog : IDisposable
{
    private const int AllProtocols = 3;
    private readonly ConcurrentQueue<int> _types = new();
    private readonly Socket _socket;

    private ArpLog(Socket socket)
    {
        _socket = socket;
        _ = ReadAsync();
    }

    public static ArpLog Open(NetworkNamespace place, int link) => place.Run(() =>
    {
        var socket = new Socket(
            AddressFamily.Packet, SocketType.Raw, (ProtocolType)IPAddress.HostToNetworkOrder((short)AllProtocols));
        socket.Bind(new LinkEndPoint(link));
        return new ArpLog(socket);
    });

    public int Count(int type) => _types.Count(t => t == type);

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync()
    {
        var frame = new byte[2048];
        try
        {
            while (await _socket.ReceiveAsync(frame) is > 14)
            {
                if (MacAddress.From(frame.AsSpan(6)) == NetMoves.Mac)
                    _types.Enqueue(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    // sockaddr_ll, which .NET has no class for: family 2, type 2, index 4, hardware type 2, kind 1, length 1, address
    // 8.
    private sealed class LinkEndPoint(int link) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            BinaryPrimitives.WriteUInt16BigEndian(address.Buffer.Span[2..], AllProtocols);
            BinaryPrimitives.WriteInt32LittleEndian(address.Buffer.Span[4..], link);
            return address;
        }

        public override EndPoint Create(SocketAddress socketAddress) => this;
    }
}
