using System.Net.Sockets;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>Gives bytes to QEMU, and connects to it for the first of them.</summary>
internal sealed class QemuSink(IQemuSide qemu, StallWatch watch) : IByteSink
{
    private Socket? _socket;
    private long _given;

    /// <summary>Bytes given so far; any thread.</summary>
    public long Given => Volatile.Read(ref _given);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        watch.ToQemuBegins();
        _socket ??= qemu.ConnectForBytes();
        var left = bytes;
        while (!left.IsEmpty)
            left = left[_socket.Send(left)..];
        watch.ToQemuEnds();
        Volatile.Write(ref _given, _given + bytes.Length);
    }
}
