using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Fabric.Drivers.Network;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;

namespace Fabric.Host.Tests.Demo.Sites;

/// <summary>The client against a server that sends what each test wants.</summary>
public sealed class DownloadTests : IAsyncLifetime
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private Socket _server = null!;
    private Download _client = null!;

    public async Task InitializeAsync()
    {
        _listener.Start();
        var accepting = _listener.AcceptSocketAsync();
        _client = await Download.StartAsync(
            NetworkNamespace.Own, (IPEndPoint)_listener.LocalEndpoint, 256, TimeProvider.System, default);
        _server = await accepting.WaitAsync(HangGuard);
        var request = new byte[512];
        var length = await _server.ReceiveAsync(request);
        Encoding.ASCII.GetString(request, 0, length).ShouldStartWith("GET /cgi-bin/endless?256 HTTP/1.0\r\n");
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        _server.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public async Task Longest_silence_is_told_and_the_connection_survives_it()
    {
        await HeadAsync("HTTP/1.1 200 OK");
        await WordsAsync(0, 100);
        await _client.Flows.WaitAsync(HangGuard);
        _client.Mark();
        var silence = TimeSpan.FromMilliseconds(400);
        await Task.Delay(silence);
        _client.Report().LargestGapMs.ShouldBeGreaterThan(silence.TotalMilliseconds * 0.9, "one that lasts counts");
        await WordsAsync(100, 50, split: 3);
        await UntilAsync(() => _client.Report().Bytes >= 150 * 8);
        var report = _client.Report();
        report.Survived.ShouldBeTrue(report.Problem);
        report.LargestGapMs.ShouldBeGreaterThan(silence.TotalMilliseconds * 0.9);
        report.UsualGapMs.ShouldBeLessThan(report.LargestGapMs);
    }

    [Fact]
    public async Task Word_that_is_not_the_next_one_ends_it()
    {
        await HeadAsync("HTTP/1.1 200 OK");
        await WordsAsync(0, 10);
        await WordsAsync(11, 10);
        await UntilAsync(() => _client.Report().Problem is not null);
        _client.Report().Problem.ShouldBe("word 10 is 11");
        _client.Report().Survived.ShouldBeFalse();
    }

    [Fact]
    public async Task Server_that_closes_ends_it()
    {
        await HeadAsync("HTTP/1.1 200 OK");
        await WordsAsync(0, 10);
        await _client.Flows.WaitAsync(HangGuard);
        _server.Shutdown(SocketShutdown.Both);
        await UntilAsync(() => !_client.Report().Survived);
        _client.Report().Problem.ShouldBe("the guest closed the connection");
    }

    [Fact]
    public async Task Answer_that_is_not_the_download_is_said()
    {
        await HeadAsync("HTTP/1.1 404 Not Found");
        var problem = await Should.ThrowAsync<LabException>(_client.Flows.WaitAsync(HangGuard));
        problem.Message.ShouldContain("404 Not Found");
    }

    private Task HeadAsync(string status) =>
        _server.SendAsync(Encoding.ASCII.GetBytes($"{status}\r\nConnection: close\r\n\r\n"));

    private async Task WordsAsync(int first, int count, int split = 0)
    {
        var words = Enumerable.Range(first, count).Select(n => (ulong)n).ToArray();
        var bytes = MemoryMarshal.AsBytes(words.AsSpan()).ToArray();
        await _server.SendAsync(bytes.AsMemory(0, split));
        await _server.SendAsync(bytes.AsMemory(split));
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (!isSo())
            await Task.Delay(5, guard.Token);
    }
}
