using System.Net.Sockets;
using System.Text;

namespace Fabric.Embedded.Tests.Qmp;

/// <summary>A monitor's peer that says exactly what a test wants.</summary>
internal sealed class RawMonitor : IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _lines;

    private RawMonitor(string path)
    {
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _lines = new StreamReader(new NetworkStream(_socket));
    }

    public static Task<RawMonitor> ConnectAsync(string path) => Task.FromResult(new RawMonitor(path));

    public static async Task<RawMonitor> ReadyAsync(string path)
    {
        var monitor = new RawMonitor(path);
        await monitor.HearAsync();
        await monitor.AskAsync("""{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}""");
        return monitor;
    }

    public async Task<string> HearAsync() =>
        (await _lines.ReadLineAsync().WaitAsync(HangGuard)) ?? throw new EndOfStreamException("the monitor closed");

    public Task<string> AskAsync(string line) => AskAsync(Encoding.UTF8.GetBytes(line));

    public async Task SayAsync(byte[] line) => await _socket.SendAsync((byte[])[.. line.Where(b => b != '\n'), (byte)'\n']);

    public async Task FloodAsync(int bytes)
    {
        try
        {
            for (var sent = 0; sent < bytes;)
                sent += await _socket.SendAsync(new byte[16 * 1024].Select(_ => (byte)'x').ToArray());
        }
        catch (SocketException)
        {
            // It was cut off.
        }

        var rest = await _lines.ReadToEndAsync().WaitAsync(HangGuard).ContinueWith(
            read => read.IsFaulted ? "" : read.Result, TaskScheduler.Default);
        rest.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _lines.Dispose();
        _socket.Dispose();
    }

    private async Task<string> AskAsync(byte[] line)
    {
        await SayAsync(line);
        return await HearAsync();
    }
}
