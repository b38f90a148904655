using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fabric.Host.Impair;

namespace Fabric.Host.Tests.Impair;

/// <summary>
/// The whole proxy on real sockets and the real clock. What is measured has a lower bound that no machine can fall
/// below, and an upper one so generous that only a proxy that is wrong reaches it.
/// </summary>
public sealed class ImpairedProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public Task InitializeAsync()
    {
        _server.Start();
        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        _server.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Round_trip_takes_twice_the_delay()
    {
        await using var proxy = Proxy(new ImpairSettings(TimeSpan.FromMilliseconds(30)));
        var (near, far) = await ConnectAsync(proxy);
        var best = double.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await near.SendAsync(new byte[8]);
            await ReceiveAsync(far, 8);
            await far.SendAsync(new byte[8]);
            await ReceiveAsync(near, 8);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        (best / 60).ShouldBeInRange(0.999, 1.5);
    }

    [Fact]
    public async Task Bulk_passes_at_the_rate_whatever_the_delay_and_in_order()
    {
        const int Bytes = 6_000_000;
        const double Rate = 10_000_000;
        await using var proxy = Proxy(new ImpairSettings(TimeSpan.FromMilliseconds(25), default, (long)Rate));
        var (near, far) = await ConnectAsync(proxy);
        var sent = new byte[Bytes];
        new Random(5).NextBytes(sent);
        var began = Stopwatch.GetTimestamp();
        var sending = SendAllAsync(near, sent);
        var received = await ReceiveAsync(far, Bytes);
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await sending;
        received.ShouldBe(sent);
        (Bytes / took / Rate).ShouldBeInRange(0.3, 1.02);
        proxy.Count().BytesThere.ShouldBe(Bytes);
    }

    [Fact]
    public async Task Lost_segments_arrive_all_the_same_and_in_order()
    {
        const int Bytes = 2_000_000;
        await using var proxy = Proxy(new ImpairSettings(TimeSpan.FromMilliseconds(2), default, 20_000_000, 0.02));
        var (near, far) = await ConnectAsync(proxy);
        var sent = new byte[Bytes];
        new Random(6).NextBytes(sent);
        var sending = SendAllAsync(near, sent);
        (await ReceiveAsync(far, Bytes)).ShouldBe(sent);
        await sending;
        proxy.Count().LostThere.ShouldBeInRange(10, 60);
        proxy.Count().LostBack.ShouldBe(0);
    }

    [Fact]
    public async Task Receiver_that_does_not_read_makes_the_sender_wait()
    {
        await using var proxy = Proxy(new ImpairSettings(TimeSpan.FromMilliseconds(1), default, 50_000_000));
        var (near, far) = await ConnectAsync(proxy);
        using var keptOpen = far;
        var sent = 0L;
        const long Endless = 256L << 20;
        using var quiet = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            while (sent < Endless)
                sent += await near.SendAsync(new byte[64 * 1024], quiet.Token);
        }
        catch (OperationCanceledException)
        {
            // It waits.
        }

        sent.ShouldBeLessThan(Endless);
    }

    [Fact]
    public async Task Held_cut_delays_by_its_length_and_loses_nothing()
    {
        await using var proxy = Proxy(new ImpairSettings(TimeSpan.FromMilliseconds(5), default, 50_000_000));
        var (near, far) = await ConnectAsync(proxy);
        await near.SendAsync(new byte[100]);
        await ReceiveAsync(far, 100);
        proxy.Cut(TimeSpan.FromMilliseconds(300), CutKind.Hold);
        proxy.Count().IsCut.ShouldBeTrue();
        var began = Stopwatch.GetTimestamp();
        await near.SendAsync(new byte[100]);
        await ReceiveAsync(far, 100);
        Stopwatch.GetElapsedTime(began).TotalMilliseconds.ShouldBeGreaterThan(295);
        proxy.Count().Cuts.ShouldBe(1);
    }

    private TcpProxy Proxy(ImpairSettings settings) =>
        TcpProxy.Start((IPEndPoint)_server.LocalEndpoint, settings, TimeProvider.System);

    private async Task<(Socket Near, Socket Far)> ConnectAsync(TcpProxy proxy)
    {
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await near.ConnectAsync(IPAddress.Loopback, proxy.Port);
        var far = await _server.AcceptSocketAsync().WaitAsync(HangGuard);
        far.NoDelay = true;
        return (near, far);
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        var received = new byte[count];
        for (var have = 0; have < count;)
            have += await socket.ReceiveAsync(received.AsMemory(have), guard.Token);
        return received;
    }
}
