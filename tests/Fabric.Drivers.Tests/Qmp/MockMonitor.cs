using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Fabric.Drivers.Tests.Qmp;

/// <summary>A monitor that says what a test's script says, on a real UNIX socket.</summary>
internal sealed class MockMonitor : IAsyncDisposable
{
    public const string Greeting =
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}""";

    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new(HangGuard);
    private readonly string? _ownDirectory;
    private readonly Task _script;
    private Socket? _client;
    private StreamReader? _lines;

    /// <summary>Runs the script with the first client; null: the client is accepted and nothing is said.</summary>
    public MockMonitor(Func<MockMonitor, Task>? script = null, string? path = null)
    {
        _ownDirectory = path is null ? Directory.CreateTempSubdirectory("fabric-qmp-").FullName : null;
        Path = path ?? System.IO.Path.Combine(_ownDirectory!, "qmp.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen(1);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _script = Task.Run(() => PlayAsync(script));
    }

    public string Path { get; }

    /// <summary>Greets and accepts the client's first command.</summary>
    public async Task OpenAsync()
    {
        await SayAsync(Greeting);
        await AnswerAsync();
    }

    public Task SayAsync(string line) => SendAsync(Encoding.UTF8.GetBytes(line + "\n"));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await _client!.SendAsync(bytes, _stop.Token)..];
    }

    /// <summary>The next command, and its id.</summary>
    public async Task<(string Command, long Id)> HearAsync()
    {
        var line = await _lines!.ReadLineAsync(_stop.Token) ?? throw new EndOfStreamException("the client hung up");
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        var verb = root.TryGetProperty("execute", out var command) ? command : root.GetProperty("exec-oob");
        return (verb.GetString()!, root.GetProperty("id").GetInt64());
    }

    /// <summary>Answers the next command.</summary>
    public async Task AnswerAsync(string value = "{}")
    {
        var (_, id) = await HearAsync();
        await SayAsync($$"""{"return": {{value}}, "id": {{id}}}""");
    }

    /// <summary>Waits until the client hangs up.</summary>
    public async Task HearNothingMoreAsync()
    {
        while (await _lines!.ReadLineAsync(_stop.Token) is not null)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _script;
        _lines?.Dispose();
        _client?.Dispose();
        _listener.Dispose();
        _stop.Dispose();
        if (_ownDirectory is not null)
            Directory.Delete(_ownDirectory, recursive: true);
    }

    private async Task PlayAsync(Func<MockMonitor, Task>? script)
    {
        try
        {
            _client = await _listener.AcceptAsync(_stop.Token);
            _lines = new StreamReader(new NetworkStream(_client));
            if (script is null)
                await HearNothingMoreAsync();
            else
                await script(this);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The client hung up or the test is over: what the test saw of it is what counts.
            return;
        }

        _client.Shutdown(SocketShutdown.Both);
        _client.Close();
    }
}
