using System.Net.Sockets;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>
/// Gives bytes to QEMU, and connects to it for the first of them. Where QEMU breaks under them and another takes its
/// place, they are part of what that one was given at once.
/// </summary>
internal sealed class QemuSink(IQemuSide qemu, StallWatch watch) : IByteSink
{
    private long _given;

    /// <summary>Bytes given so far; any thread.</summary>
    public long Given => Volatile.Read(ref _given);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        watch.ToQemuBegins();
        if (!TryGive(bytes, out var broken))
        {
            watch.ToQemuEnds();
            watch.VacancyBegins();
            var replaced = qemu.AwaitNext(broken);
            watch.VacancyEnds();
            if (!replaced)
                throw new SocketException((int)SocketError.ConnectionReset);
        }

        watch.ToQemuEnds();
        Volatile.Write(ref _given, _given + bytes.Length);
    }

    private bool TryGive(ReadOnlySpan<byte> bytes, out Socket? broken)
    {
        broken = null;
        try
        {
            var socket = broken = qemu.ConnectForBytes();
            while (!bytes.IsEmpty)
                bytes = bytes[socket.Send(bytes)..];
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException && qemu.MayBeReplaced)
        {
            return false;
        }
    }
}
