using System.Net.Sockets;
using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Host.Impair;

/// <summary>
/// A UNIX socket on which a running proxy or wire is changed and asked: a line of JSON (<see cref="ImpairChange"/>), a
/// line of JSON back (<see cref="ImpairAnswer"/>). One asker after the other; only its own user may.
/// </summary>
internal sealed class ImpairControl : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _path;
    private readonly IImpaired _line;
    private readonly CutKind _kind;
    private readonly TimeProvider _time;
    private readonly Task _serving;

    /// <param name="path">For the socket; what an earlier process left there is replaced.</param>
    /// <param name="line">What it changes.</param>
    /// <param name="kind">Of cuts that do not say theirs.</param>
    /// <param name="time">For askers that say nothing.</param>
    /// <exception cref="SocketException">The path cannot be used.</exception>
    public ImpairControl(string path, IImpaired line, CutKind kind, TimeProvider time)
    {
        (_path, _line, _kind, _time) = (path, line, kind, time);
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen();
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Asks a running proxy.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="IOException">The answer is none.</exception>
    public static async Task<ImpairAnswer> AskAsync(
        string path, ImpairChange change, TimeProvider time, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.Impair.ControlTimeoutMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token);
        var request = JsonSerializer.SerializeToUtf8Bytes(change, ImpairJson.Default.ImpairChange);
        await SendLineAsync(socket, request, either.Token);
        try
        {
            return JsonSerializer.Deserialize(
                (await ReadLineAsync(socket, either.Token)).Span, ImpairJson.Default.ImpairAnswer)
                ?? throw new IOException($"'{path}' answered with nothing");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new IOException($"'{path}' answered with something else: is it a proxy's control socket?", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
        File.Delete(_path);
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var peer = await _listener.AcceptAsync(_stop.Token);
                using var late = new CancellationTokenSource(
                    TimeSpan.FromMilliseconds(Limits.Impair.ControlTimeoutMs), _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stop.Token);
                await AnswerAsync(peer, either.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // We end, or this asker went away or said nothing; the next one is served all the same.
            }
        }
    }

    private async Task AnswerAsync(Socket peer, CancellationToken cancellation)
    {
        ImpairAnswer answer;
        try
        {
            var line = await ReadLineAsync(peer, cancellation);
            var change = JsonSerializer.Deserialize(line.Span, ImpairJson.Default.ImpairChange);
            answer = change is null ? new ImpairAnswer(null, "not a change") : Apply(change);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            answer = new ImpairAnswer(null, $"not a change: {e.Message}");
        }

        await SendLineAsync(
            peer, JsonSerializer.SerializeToUtf8Bytes(answer, ImpairJson.Default.ImpairAnswer), cancellation);
    }

    private ImpairAnswer Apply(ImpairChange change)
    {
        var was = _line.Settings;
        // Not TimeSpan.FromMilliseconds, which throws at what Fault() is to name.
        static TimeSpan Ms(double ms) => new((long)Math.Clamp(ms * TimeSpan.TicksPerMillisecond, -1, 1e15));
        var settings = new ImpairSettings(
            change.DelayMs is { } delay ? Ms(delay) : was.Delay,
            change.JitterMs is { } jitter ? Ms(jitter) : was.Jitter,
            change.BytesPerSecond ?? was.BytesPerSecond,
            change.Loss ?? was.Loss,
            change.QueueMs is { } queue ? Ms(queue) : was.Queue);
        if (_line.Fault(change) is { } impossible)
            return new ImpairAnswer(null, impossible);
        if (settings.Fault() is { } fault)
            return new ImpairAnswer(null, fault);
        if (change.CutMs is not (null or (>= 1 and <= Limits.Impair.CutMsMax)))
            return new ImpairAnswer(null, $"a cut is 1 to {Limits.Impair.CutMsMax} ms");
        if (settings != was)
            _line.Settings = settings;
        if (change.CutMs is { } cut)
            _line.Cut(TimeSpan.FromMilliseconds(cut), change.CutKind ?? _kind, change.CutWay ?? CutWay.Both);
        return new ImpairAnswer(_line.Count(), null);
    }

    private static async Task SendLineAsync(Socket socket, byte[] line, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> rest = (byte[])[.. line, (byte)'\n'];
        while (!rest.IsEmpty)
            rest = rest[await socket.SendAsync(rest, cancellation)..];
    }

    private static async Task<ReadOnlyMemory<byte>> ReadLineAsync(Socket socket, CancellationToken cancellation)
    {
        var buffer = new byte[Limits.Impair.ControlLineBytesMax];
        for (var length = 0; length < buffer.Length;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
            if (read == 0)
                throw new FormatException($"it ended after {length} bytes, within a line");
            if (buffer.AsSpan(length, read).IndexOf((byte)'\n') is var end and >= 0)
                return buffer.AsMemory(0, length + end);
            length += read;
        }

        throw new FormatException($"a line of more than {buffer.Length} bytes");
    }
}
