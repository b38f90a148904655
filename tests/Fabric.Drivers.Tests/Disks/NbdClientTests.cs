using System.Buffers.Binary;
using System.Net.Sockets;
using Fabric.Drivers.Disks.Nbd;

namespace Fabric.Drivers.Tests.Disks;

/// <summary>A server that does not keep to its protocol, or says no.</summary>
public sealed class NbdClientTests : IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("fabric-nbd-").FullName, "s");
    private NetworkStream _server = null!;

    public NbdClientTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen(1);
    }

    public void Dispose()
    {
        _server?.Dispose();
        _listener.Dispose();
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    private static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private async Task<Task<NbdClient>> ConnectAsync()
    {
        var stream = await Fabric.Drivers.Disks.DiskCopy.Over(_path)(default);
        _server = new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true);
        return NbdClient.OpenAsync(stream, "d0", [], TimeProvider.System, default);
    }

    // A greeting in which nothing is asked but GO: 1 MiB, flush and zeroes.
    private async Task<NbdClient> GreetedAsync()
    {
        var opening = await ConnectAsync();
        await _server.WriteAsync(Hex("4e42444d41474943 49484156454f5054 0003"));
        await _server.ReadExactlyAsync(new byte[4 + 16 + 8]);
        await _server.WriteAsync(Hex("0003e889045565a9 00000007 00000003 0000000c 0000 0000000000100000 0045"));
        await _server.WriteAsync(Hex("0003e889045565a9 00000007 00000001 00000000"));
        return await opening.WaitAsync(HangGuard);
    }

    private async Task<ulong> CookieAsync(int payload = 0)
    {
        var request = new byte[28 + payload];
        await _server.ReadExactlyAsync(request);
        return BinaryPrimitives.ReadUInt64BigEndian(request.AsSpan(8));
    }

    private async Task AnswerAsync(uint error, ulong cookie)
    {
        var reply = new byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(reply, NbdNumbers.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(8), cookie);
        await _server.WriteAsync(reply);
    }

    [Theory]
    [InlineData("48545450 2f312e31 20343030 20426164 0a0a")]
    [InlineData("4e42444d41474943 49484156454f5054 0000")]
    public async Task Greeting_of_something_else_is_refused(string hello)
    {
        var opening = await ConnectAsync();
        await _server.WriteAsync(Hex(hello));
        (await Should.ThrowAsync<NbdException>(() => opening.WaitAsync(HangGuard))).Fault.ShouldBe(NbdFault.Broken);
    }

    [Fact]
    public async Task Answer_to_an_option_without_bound_is_refused()
    {
        var opening = await ConnectAsync();
        await _server.WriteAsync(Hex("4e42444d41474943 49484156454f5054 0003"));
        await _server.WriteAsync(Hex("0003e889045565a9 00000007 00000003 7fffffff"));
        (await Should.ThrowAsync<NbdException>(() => opening.WaitAsync(HangGuard))).Fault.ShouldBe(NbdFault.Broken);
    }

    [Fact]
    public async Task Answers_may_come_in_any_order_and_a_full_disk_is_told_apart()
    {
        await using var client = await GreetedAsync();
        client.Export.Bytes.ShouldBe(1 << 20);
        var first = client.WriteAsync(0, new byte[512], default);
        var one = await CookieAsync(512);
        var second = client.FlushAsync(default);
        var two = await CookieAsync();
        await AnswerAsync(0, two);
        await second.WaitAsync(HangGuard);
        first.IsCompleted.ShouldBeFalse();
        await AnswerAsync(28, one);
        (await Should.ThrowAsync<NbdException>(() => first.WaitAsync(HangGuard))).Fault.ShouldBe(NbdFault.NoSpace);
    }

    [Theory]
    [InlineData("67446698 00000000 00000000000000ff")]
    [InlineData("00000000 00000000 0000000000000001")]
    [InlineData("668e33ef 0001 0001 0000000000000001 7fffffff")]
    [InlineData("668e33ef 0001 0005 0000000000000001 7ffffffc")]
    public async Task Whatever_is_no_answer_to_what_was_asked_ends_the_connection_for_all(string answer)
    {
        await using var client = await GreetedAsync();
        var flush = client.FlushAsync(default);
        (await CookieAsync()).ShouldBe(1UL);
        await _server.WriteAsync(Hex(answer));
        (await Should.ThrowAsync<NbdException>(() => flush.WaitAsync(HangGuard))).Fault.ShouldBe(NbdFault.Broken);
        (await Should.ThrowAsync<NbdException>(() => client.FlushAsync(default).WaitAsync(HangGuard)))
            .Fault.ShouldBe(NbdFault.Broken);
    }

    [Fact]
    public async Task Server_that_hangs_up_fails_what_waits_and_one_that_takes_nothing_is_left()
    {
        await using var client = await GreetedAsync();
        var stuck = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.WriteAsync(0, new byte[1 << 20], default)));
        client.Abort();
        (await Should.ThrowAsync<NbdException>(() => stuck.WaitAsync(HangGuard))).Fault.ShouldBe(NbdFault.Lost);
    }

    [Fact]
    public async Task Who_gives_up_does_not_wait_for_a_line_that_takes_nothing()
    {
        await using var client = await GreetedAsync();
        using var enough = new CancellationTokenSource();
        var stuck = Enumerable.Range(0, 8).Select(_ => client.WriteAsync(0, new byte[1 << 20], enough.Token)).ToArray();
        await enough.CancelAsync();
        foreach (var write in stuck)
            await Should.ThrowAsync<OperationCanceledException>(() => write.WaitAsync(HangGuard));
    }
}
