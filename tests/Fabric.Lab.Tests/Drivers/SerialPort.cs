using System.Net.Sockets;
using System.Text;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>The guest's serial port: commands in, lines out.</summary>
internal sealed class SerialPort : IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _lines;

    public SerialPort(string path)
    {
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _lines = new StreamReader(new NetworkStream(_socket));
    }

    public async Task SendAsync(string command) => await _socket.SendAsync(Encoding.ASCII.GetBytes(command + "\n"));

    public async Task<string> UntilAsync(string start)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        var seen = new List<string>();
        try
        {
            while (await _lines.ReadLineAsync(guard.Token) is { } line)
            {
                seen.Add(line);
                if (line.Contains(start, StringComparison.Ordinal))
                    return line;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"no '{start}' on the console; last: {string.Join(" | ", seen.TakeLast(5))}", e);
        }

        throw new EndOfStreamException(
            $"the console closed before '{start}'; last: {string.Join(" | ", seen.TakeLast(5))}");
    }

    /// <summary>Has the guest check every page that it wrote, and returns how many are wrong.</summary>
    public async Task<int> BadPagesAsync()
    {
        await SendAsync("verify");
        var line = await UntilAsync("VERIFY pages=");
        return int.Parse(line[(line.IndexOf("bad=", StringComparison.Ordinal) + 4)..].Split(' ')[0].Trim());
    }

    public void Dispose()
    {
        _lines.Dispose();
        _socket.Dispose();
    }
}
