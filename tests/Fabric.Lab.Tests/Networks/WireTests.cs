using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fabric.Host.Impair;
using Fabric.Host.Impair.Wire;

namespace Fabric.Lab.Tests.Networks;

/// <summary>
/// A wire between two namespaces, measured by what programs in them see. A busy machine can only make a wire slower and
/// later, so what is judged is the best of several; what no machine excuses has a strict bound.
/// </summary>
public sealed class WireTests : NetworkLabTests
{
    private const string AddressA = "10.8.0.1";
    private const string AddressB = "10.8.0.2";
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private readonly NetLab _lab = new("a", "b");
    private readonly EthernetWire _wire;

    public WireTests()
    {
        _wire = EthernetWire.Start(
            new WireEnd(_lab.NameOf("a"), "wan"), new WireEnd(_lab.NameOf("b"), "wan"), Line(0), seed: 1,
            TimeProvider.System);
        _lab.Address("a", "wan", AddressA + "/24");
        _lab.Address("b", "wan", AddressB + "/24");
    }

    protected override void Dispose(bool disposing)
    {
        _wire.DisposeAsync().AsTask().Wait();
        _lab.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public async Task Round_trip_is_twice_the_delay()
    {
        const int DelayMs = 25;
        _wire.Settings = Line(DelayMs);
        using var near = Udp("a", AddressA);
        using var far = Udp("b", AddressB);
        var best = double.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await SendAsync(near, AddressB, i);
            await NumberAsync(far);
            await SendAsync(far, AddressA, i);
            await NumberAsync(near);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        (best / (2 * DelayMs)).ShouldBeInRange(0.999, 1.1);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(20)] // below what is handed over in large pieces
    public async Task Bulk_passes_at_the_rate_and_unharmed(int mbit)
    {
        const int Tries = 4;
        _wire.Settings = Line(5) with { BytesPerSecond = mbit * 125_000 };
        var best = 0.0;
        for (var i = 0; i < Tries && best < 0.9; i++)
        {
            var share = await BulkAsync(mbit * 125_000) / (mbit * 125_000);
            share.ShouldBeLessThan(1.0, "no machine makes a wire faster");
            best = Math.Max(best, share);
        }

        // 1448 bytes of each frame of 1514 are the transfer's own.
        best.ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public async Task Share_of_frames_is_lost()
    {
        const int Sent = 1_000;
        _wire.Settings = Line(0) with { Loss = 0.2 };
        using var near = Udp("a", AddressA);
        using var far = Udp("b", AddressB);
        for (var i = 0; i < Sent; i++)
            await SendAsync(near, AddressB, i);
        await UntilAsync(() => _wire.Count() is { Wire: { } w } c && w.FramesThere + c.LostThere >= Sent);
        _wire.Count().LostThere.ShouldBeInRange(Sent / 10, Sent * 3 / 10);
    }

    [Fact]
    public async Task Cut_in_one_way_leaves_the_other()
    {
        using var near = Udp("a", AddressA);
        using var far = Udp("b", AddressB);
        await SendAsync(near, AddressB, 1);
        (await NumberAsync(far)).ShouldBe(1);
        _wire.Cut(TimeSpan.FromMinutes(1), CutKind.Hold, CutWay.There);
        await SendAsync(near, AddressB, 2);
        await SendAsync(far, AddressA, 3);
        (await NumberAsync(near)).ShouldBe(3);
        await UntilAsync(() => _wire.Count().Wire!.CutThere > 0);
        _wire.Count().Wire!.CutBack.ShouldBe(0);
        _wire.Count().IsCut.ShouldBeTrue();
        far.Available.ShouldBe(0);
    }

    [Fact]
    public async Task Frames_beyond_the_queue_are_dropped()
    {
        _wire.Settings = Line(0) with { BytesPerSecond = 10_000, Queue = TimeSpan.FromMilliseconds(50) };
        using var near = Udp("a", AddressA);
        for (var i = 0; i < 100; i++)
            await SendAsync(near, AddressB, i);
        await UntilAsync(() => _wire.Count().Wire!.OverflowedThere > 50);
    }

    private static ImpairSettings Line(double delayMs) =>
        new(TimeSpan.FromMilliseconds(delayMs), Queue: TimeSpan.FromMilliseconds(100));

    /// <summary>Bytes a second of one transfer of a second, without its slow start.</summary>
    private async Task<double> BulkAsync(int bytes)
    {
        using var listener = Tcp("b");
        listener.Bind(new IPEndPoint(IPAddress.Parse(AddressB), 0));
        listener.Listen();
        using var near = Tcp("a");
        await near.ConnectAsync(listener.LocalEndPoint!).WaitAsync(HangGuard);
        using var far = await listener.AcceptAsync().WaitAsync(HangGuard);
        var sent = new byte[bytes];
        new Random(5).NextBytes(sent);
        var sending = SendAllAsync(near, sent);
        var received = new byte[bytes];
        var early = bytes / 4;
        long from = 0;
        using var guard = new CancellationTokenSource(HangGuard);
        for (var have = 0; have < bytes;)
        {
            have += await far.ReceiveAsync(received.AsMemory(have), guard.Token);
            if (from == 0 && have >= early)
                (from, early) = (Stopwatch.GetTimestamp(), have);
        }

        var took = Stopwatch.GetElapsedTime(from).TotalSeconds;
        await sending;
        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        return (bytes - early) / took;
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }

    private Socket Tcp(string name) => _lab.Place(name).Run(
        () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

    private Socket Udp(string name, string address)
    {
        var socket = _lab.Udp(name);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 7));
        return socket;
    }

    private static Task SendAsync(Socket from, string to, int number) =>
        from.SendToAsync(BitConverter.GetBytes(number), new IPEndPoint(IPAddress.Parse(to), 7));

    private static async Task<int> NumberAsync(Socket socket)
    {
        var buffer = new byte[64];
        await socket.ReceiveAsync(buffer).WaitAsync(HangGuard);
        return BitConverter.ToInt32(buffer);
    }
}
