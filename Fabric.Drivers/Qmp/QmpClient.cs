using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Qmp;

/// <summary>
/// One monitor. A reader loop takes every line in: an answer goes to the command of its id, an event to a bounded
/// queue. A writer loop sends whole commands, so a caller that gives up never leaves half a line behind.
/// <para>
/// What is not QMP (garbage, an endless line) ends the connection with <see cref="HypervisorFault.BadMonitor"/>. What
/// is QMP but answers nothing (no id, a foreign id, an id for the second time, an answer after its timeout) is noted
/// and ignored. Events beyond the bound are dropped and counted in <see cref="EventsLost"/>: their reader looks at the
/// state instead. So a reader that lags never holds up answers.
/// </para>
/// </summary>
public sealed class QmpClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly QmpOptions _options;
    private readonly TimeProvider _time;
    private readonly string _path;
    private readonly QmpPending _pending;
    private readonly Channel<byte[]> _outgoing;
    private readonly Channel<QmpEvent> _events;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private Task _loops = Task.CompletedTask;
    private long _eventsLost;
    private int _disposed;

    private QmpClient(Socket socket, string path, QmpOptions options, TimeProvider time)
    {
        _socket = socket;
        _path = path;
        _options = options;
        _time = time;
        _pending = new QmpPending(options.PendingMax);
        _outgoing =
            Channel.CreateBounded<byte[]>(new BoundedChannelOptions(options.PendingMax) { SingleReader = true });
        _events = Channel.CreateBounded<QmpEvent>(new BoundedChannelOptions(options.EventsMax) { SingleReader = true });
    }

    /// <summary>What the monitor said first.</summary>
    public QmpGreeting Greeting { get; private set; } = new(new Version(0, 0, 0), HasOutOfBand: false);

    /// <summary>Events in order; ends when the connection does.</summary>
    public ChannelReader<QmpEvent> Events => _events.Reader;

    /// <summary>How many events were dropped because nobody read them.</summary>
    public long EventsLost => Interlocked.Read(ref _eventsLost);

    /// <summary>Completes when the connection is over; never faults.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Connects, reads the greeting and leaves the capabilities mode.</summary>
    /// <exception cref="HypervisorException">
    /// The path is not our socket, or what is behind it does not speak QMP.
    /// </exception>
    public static async Task<QmpClient> ConnectAsync(
        string path, QmpOptions options, TimeProvider time, CancellationToken cancellation)
    {
        if ((UnixSocketPath.NameFault(path) ?? UnixSocketPath.FileFault(path)) is { } fault)
            throw new HypervisorException(HypervisorFault.BadMonitor, $"The monitor is not used: {fault}.");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var client = new QmpClient(socket, path, options, time);
        try
        {
            await client.OpenAsync(cancellation).WaitAsync(options.GreetingTimeout, time, cancellation);
            return client;
        }
        catch (Exception e)
        {
            await client.DisposeAsync();
            throw e switch
            {
                HypervisorException or OperationCanceledException => e,
                TimeoutException => new HypervisorException(
                    HypervisorFault.NoAnswer,
                    $"The monitor '{path}' gave no greeting within {options.GreetingTimeout.TotalSeconds:0.#} s.", e),
                FormatException => new HypervisorException(
                    HypervisorFault.BadMonitor, $"The monitor '{path}' does not speak QMP: {e.Message}.", e),
                _ => new HypervisorException(
                    HypervisorFault.NoAnswer, $"The monitor '{path}' cannot be reached: {e.Message}.", e),
            };
        }
    }

    /// <summary>Executes a command in turn.</summary>
    /// <returns>What it returned.</returns>
    /// <exception cref="HypervisorException">
    /// <see cref="HypervisorFault.Refused"/> with the hypervisor's words; <see cref="HypervisorFault.NoAnswer"/> when
    /// it does not answer in time (whether it did what was asked is then unknown);
    /// <see cref="HypervisorFault.BadMonitor"/> or <see cref="HypervisorFault.Exited"/> when the connection ended.
    /// </exception>
    public Task<JsonElement> ExecuteAsync(
        string command,
        JsonObject? arguments = null,
        TimeSpan? timeout = null,
        CancellationToken cancellation = default) =>
        SendAsync("execute", command, arguments, timeout, cancellation);

    /// <summary>Executes a command at once, even while the main loop hangs. Only few commands allow it.</summary>
    /// <exception cref="HypervisorException">As for <see cref="ExecuteAsync"/>.</exception>
    public Task<JsonElement> ExecuteOutOfBandAsync(
        string command,
        JsonObject? arguments = null,
        TimeSpan? timeout = null,
        CancellationToken cancellation = default) =>
        SendAsync("exec-oob", command, arguments, timeout, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Close(new HypervisorException(HypervisorFault.Exited, $"The monitor '{_path}' was closed by us."));
        await _loops;
        _stop.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        await _socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), cancellation);
        if (UnixSocketPath.PeerFault(_socket, _path) is { } fault)
            throw new HypervisorException(HypervisorFault.BadMonitor, $"The monitor is not used: {fault}.");
        var lines = new QmpLines(new NetworkStream(_socket, ownsSocket: false), _options.LineBytesMax);
        Greeting = await GreetingOfAsync(lines, cancellation);
        _loops = Task.WhenAll(
            Task.Run(() => ReadAsync(lines), CancellationToken.None), Task.Run(WriteAsync, CancellationToken.None));
        var capabilities = new JsonArray();
        if (_options.OutOfBand)
        {
            if (!Greeting.HasOutOfBand)
                throw new FormatException("it offers no out-of-band commands");
            capabilities.Add("oob");
        }

        await ExecuteAsync(
            "qmp_capabilities", new JsonObject { ["enable"] = capabilities }, cancellation: cancellation);
    }

    // QEMU tells an event to whoever is connected, as one that has made itself known, until its own thread for monitors has
    // seen that this is another than before: seen on 10.0. What a monitor tells before the greeting is told to nobody.
    private static async Task<QmpGreeting> GreetingOfAsync(QmpLines lines, CancellationToken cancellation)
    {
        for (var events = 0; ; events++)
        {
            switch (await lines.NextAsync(cancellation))
            {
                case QmpGreeting greeting:
                    return greeting;
                case QmpEvent when events < Limits.Qemu.EventsBeforeGreetingMax:
                    break;
                case null:
                    throw new FormatException("it closed the connection before a greeting");
                case var other:
                    throw new FormatException($"a {other.GetType().Name} before the greeting");
            }
        }
    }

    private async Task<JsonElement> SendAsync(
        string verb, string command, JsonObject? arguments, TimeSpan? timeout, CancellationToken cancellation)
    {
        var (id, answer) = _pending.Add(command);
        try
        {
            var line = LineOf(verb, command, arguments, id);
            if (!_outgoing.Writer.TryWrite(line))
                throw new HypervisorException(
                    HypervisorFault.NoAnswer, $"'{command}' was not sent: the monitor reads nothing.");
            return await answer.WaitAsync(timeout ?? _options.CommandTimeout, _time, cancellation);
        }
        catch (TimeoutException e)
        {
            var waited = (timeout ?? _options.CommandTimeout).TotalSeconds;
            throw new HypervisorException(
                HypervisorFault.NoAnswer, $"'{command}' was not answered within {waited:0.#} s on '{_path}'.", e);
        }
        catch (HypervisorException e) when (e.Fault == HypervisorFault.Refused)
        {
            throw new HypervisorException(HypervisorFault.Refused, $"'{command}' was refused: {e.Message}", e);
        }
        finally
        {
            _pending.Take(id);
        }
    }

    private static byte[] LineOf(string verb, string command, JsonObject? arguments, long id)
    {
        var message = new JsonObject { [verb] = command, ["id"] = id };
        if (arguments is not null)
            message["arguments"] = arguments;
        var json = JsonSerializer.SerializeToUtf8Bytes(message);
        if (json.Length >= Limits.Qemu.CommandBytesMax)
            throw new ArgumentException(
                $"'{command}' has {json.Length} bytes, over {Limits.Qemu.CommandBytesMax}.", nameof(arguments));
        return [.. json, (byte)'\n'];
    }

    private async Task ReadAsync(QmpLines lines)
    {
        HypervisorException reason;
        try
        {
            while (await lines.NextAsync(_stop.Token) is { } message)
                Take(message);
            reason = new HypervisorException(HypervisorFault.Exited, $"The monitor '{_path}' closed its connection.");
        }
        catch (FormatException e)
        {
            reason = new HypervisorException(
                HypervisorFault.BadMonitor, $"The monitor '{_path}' broke its protocol: {e.Message}.", e);
        }
        catch (Exception e)
        {
            reason = new HypervisorException(HypervisorFault.Exited, $"The monitor '{_path}' is lost: {e.Message}.", e);
        }

        Close(reason);
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var line in _outgoing.Reader.ReadAllAsync(_stop.Token))
            {
                for (var rest = line.AsMemory(); rest.Length > 0;)
                    rest = rest[await _socket.SendAsync(rest, _stop.Token)..];
            }
        }
        catch (Exception e)
        {
            Close(new HypervisorException(HypervisorFault.Exited, $"The monitor '{_path}' is lost: {e.Message}.", e));
        }
    }

    private void Take(QmpMessage message)
    {
        switch (message)
        {
            case QmpEvent happened:
                if (!_events.Writer.TryWrite(happened) && Interlocked.Increment(ref _eventsLost) == 1)
                    Note($"events are dropped: {_options.EventsMax} wait for their reader");
                break;
            case QmpReply reply when _pending.Take(reply.Id) is { } waiting:
                waiting.TrySetResult(reply.Value);
                break;
            case QmpError error when _pending.Take(error.Id) is { } waiting:
                waiting.TrySetException(new HypervisorException(
                    HypervisorFault.Refused, HypervisorText.Cut($"{error.Class}: {error.Description}")));
                break;
            case QmpError error:
                Note($"an error that answers no command (id {error.Id}): {HypervisorText.Cut(error.Description)}");
                break;
            case QmpReply reply:
                Note($"an answer that no command waits for (id {reply.Id})");
                break;
            default:
                Note("a second greeting");
                break;
        }
    }

    private void Close(HypervisorException reason)
    {
        _pending.Close(reason);
        _events.Writer.TryComplete();
        _outgoing.Writer.TryComplete();
        if (_closed.TrySetResult())
        {
            _stop.Cancel();
            _socket.Dispose();
        }
    }

    private void Note(string text) => _options.Note?.Invoke($"monitor '{_path}': {text}");
}
