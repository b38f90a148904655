using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>UDP packets with rising numbers, one a millisecond.</summary>
internal sealed class NumberedStream : IDisposable
{
    private readonly Socket _socket;
    private readonly IPEndPoint _to;
    private readonly byte[] _packet;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;
    private volatile int _sent;

    public NumberedStream(Socket socket, HostAddress to, int payload = 200)
    {
        (_socket, _to, _packet) = (socket, new IPEndPoint(to.ToIPAddress(), TapGuest.Port), new byte[payload]);
        _sending = SendAsync();
    }

    /// <summary>Waits until that many more have been sent.</summary>
    public async Task MoreAsync(int packets)
    {
        var until = _sent + packets;
        await Until.TrueAsync(() => Task.FromResult(_sent >= until));
    }

    /// <summary>Stops sending; how many there were.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sending.IsFaulted.ShouldBeFalse(_sending.Exception?.Message);
        return _sent;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            BinaryPrimitives.WriteInt32BigEndian(_packet, _sent);
            await _socket.SendToAsync(_packet, _to, _stop.Token);
            _sent++;
        }
    }
}
