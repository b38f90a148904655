using System.Net.Sockets;
using System.Text;
using Fabric.Embedded.Sockets;
using Fabric.Protocol;

namespace Fabric.Embedded.Serial;

/// <summary>
/// The guest's serial port: what it writes goes to a log and to whoever is connected; what is typed goes to the guest.
/// A reader that does not read loses lines, and never holds up the guest.
/// </summary>
internal sealed class SerialPort : IAsyncDisposable
{
    private readonly FileStream? _log;
    private readonly Lock _gate = new();
    private ServedSocket? _socket;
    private volatile LineWriter? _reader;

    private SerialPort(string? log) => _log = log is null
        ? null
        : new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>Opens log and socket.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="log">File that is appended to; null for none.</param>
    /// <param name="typed">Hears each line that somebody types; false when the guest takes no more.</param>
    public static SerialPort Open(string path, string? log, Func<string, bool> typed)
    {
        var port = new SerialPort(log);
        port._socket = ServedSocket.Listen(path, (peer, cancellation) => port.ServeAsync(peer, typed, cancellation));
        return port;
    }

    /// <summary>The guest writes a line.</summary>
    public void Write(string line)
    {
        var bytes = Encoding.ASCII.GetBytes(line + "\r\n");
        lock (_gate)
            _log?.Write(bytes);
        _reader?.TryWrite(bytes);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_socket is not null)
            await _socket.DisposeAsync();
        lock (_gate)
            _log?.Dispose();
    }

    private async Task ServeAsync(Socket peer, Func<string, bool> typed, CancellationToken cancellation)
    {
        var writer = new LineWriter(peer, Limits.Guest.SerialLinesMax);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writing = writer.RunAsync(ended.Token);
        _reader = writer;
        try
        {
            var lines = new LineReader(peer, Limits.Guest.SerialCommandMax);
            while (await lines.NextAsync(cancellation) is { } line)
            {
                if (!typed(Encoding.ASCII.GetString(line.Span).TrimEnd('\r')))
                    writer.TryWrite("FABRIC too many commands wait\r\n"u8.ToArray());
            }
        }
        catch (FormatException)
        {
            // Nobody types such a line; the connection ends.
        }
        finally
        {
            _reader = null;
            await ended.CancelAsync();
            await writing;
        }
    }
}
