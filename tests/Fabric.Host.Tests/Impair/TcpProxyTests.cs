using System.Net;
using System.Net.Sockets;
using Fabric.Host.Impair;
using Fabric.Testing;

namespace Fabric.Host.Tests.Impair;

public sealed class TcpProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    // Kept until the end: a socket that nobody holds any longer is finalized, which resets its connection.
    private readonly List<Socket> _sockets = [];
    private TcpProxy _proxy = null!;

    public Task InitializeAsync()
    {
        _server.Start();
        _proxy = TcpProxy.Start((IPEndPoint)_server.LocalEndpoint, _time);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _sockets.ForEach(socket => socket.Dispose());
        _server.Dispose();
    }

    [Fact]
    public async Task Bytes_pass_both_ways_and_are_counted()
    {
        var (near, far) = await ConnectAsync();
        await SendAsync(near, 3);
        await ReceiveAsync(far, 3);
        await SendAsync(far, 5);
        await ReceiveAsync(near, 5);
        near.Shutdown(SocketShutdown.Send);
        (await far.ReceiveAsync(new byte[1])).ShouldBe(0);
        _proxy.Bytes.ShouldBe(8);
    }

    [Fact]
    public async Task Cut_resets_both_sides_and_new_connections_until_the_outage_is_over()
    {
        var (near, far) = await ConnectAsync();
        await SendAsync(near, 1);
        await ReceiveAsync(far, 1);
        _proxy.Cut(TimeSpan.FromSeconds(1)).ShouldBe(1);
        await ShouldBeResetAsync(near);
        await ShouldBeResetAsync(far);
        await ShouldBeTurnedAwayAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        (near, far) = await ConnectAsync();
        await SendAsync(near, 1);
        await ReceiveAsync(far, 1);
    }

    [Fact]
    public async Task Armed_cut_strikes_when_a_connection_has_carried_its_bytes()
    {
        _proxy.CutAfter(4, TimeSpan.FromSeconds(1));
        var (near, far) = await ConnectAsync();
        await SendAsync(near, 3);
        await ReceiveAsync(far, 3);
        _proxy.Struck.IsCompleted.ShouldBeFalse();
        await SendAsync(near, 1);
        await _proxy.Struck.WaitAsync(HangGuard);
        await ShouldBeResetAsync(near);
    }

    [Fact]
    public async Task Stalled_connections_stay_open_and_go_on_afterwards()
    {
        var (near, far) = await ConnectAsync();
        await SendAsync(near, 1);
        await ReceiveAsync(far, 1);
        _proxy.Stall(TimeSpan.FromSeconds(5));
        await SendAsync(near, 2);
        await _time.ArmedAsync(TimeSpan.FromSeconds(5)).WaitAsync(HangGuard);
        far.Available.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(5));
        await ReceiveAsync(far, 2);
        await SendAsync(far, 3);
        await ReceiveAsync(near, 3);
    }

    [Fact]
    public async Task Slow_connection_waits_for_each_piece_as_long_as_its_rate_says()
    {
        var (near, far) = await ConnectAsync();
        _proxy.Slow(TimeSpan.FromMinutes(1), 1_000);
        await SendAsync(near, 500);
        await _time.ArmedAsync(TimeSpan.FromMilliseconds(500)).WaitAsync(HangGuard);
        _time.Advance(TimeSpan.FromMilliseconds(499));
        far.Available.ShouldBe(0);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await ReceiveAsync(far, 500);
    }

    [Fact]
    public async Task Connections_that_do_not_begin_with_TLS_are_counted()
    {
        var (near, far) = await ConnectAsync();
        await near.SendAsync(new byte[] { 0x16, 0x03, 0x01 });
        await ReceiveAsync(far, 3);
        _proxy.Seen.ShouldBe((1, 0));
        (near, far) = await ConnectAsync();
        await near.SendAsync("GET /"u8.ToArray());
        await ReceiveAsync(far, 5);
        _proxy.Seen.ShouldBe((2, 1));
    }

    [Fact]
    public async Task Server_that_refuses_is_seen_as_a_reset()
    {
        _server.Stop();
        await ShouldBeTurnedAwayAsync();
    }

    private async Task<(Socket Near, Socket Far)> ConnectAsync()
    {
        var near = await ConnectToProxyAsync();
        var far = await _server.AcceptSocketAsync().WaitAsync(HangGuard);
        _sockets.Add(far);
        return (near, far);
    }

    private async Task<Socket> ConnectToProxyAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        return socket;
    }

    // The reset may come before the connection is handed to us.
    private async Task ShouldBeTurnedAwayAsync()
    {
        using var guard = new CancellationTokenSource(HangGuard);
        var error = await Should.ThrowAsync<SocketException>(async () =>
        {
            using var socket = await ConnectToProxyAsync();
            await socket.ReceiveAsync(new byte[1], guard.Token);
        });
        error.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    private static async Task SendAsync(Socket socket, int count) => await socket.SendAsync(new byte[count]);

    private static async Task ReceiveAsync(Socket socket, int count)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        for (var received = 0; received < count;)
            received += await socket.ReceiveAsync(new byte[count - received], guard.Token);
    }

    private static async Task ShouldBeResetAsync(Socket socket)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        var error = await Should.ThrowAsync<SocketException>(
            async () => await socket.ReceiveAsync(new byte[1], guard.Token));
        error.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }
}
