using System.Net.Sockets;

namespace Fabric.Embedded.Sockets;

/// <summary>Cuts what a peer sends into lines, none longer than its bound.</summary>
internal sealed class LineReader(Socket socket, int lineBytesMax)
{
    private readonly byte[] _buffer = new byte[lineBytesMax];
    private int _start;
    private int _end;

    /// <summary>
    /// The next line without its end; null at the end of the stream. Valid until the next call.
    /// </summary>
    /// <exception cref="FormatException">The line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var waiting = _buffer.AsMemory(_start, _end - _start);
            if (waiting.Span.IndexOf((byte)'\n') is var length and >= 0)
            {
                _start += length + 1;
                return waiting[..length];
            }

            waiting.CopyTo(_buffer);
            (_start, _end) = (0, waiting.Length);
            if (_end == _buffer.Length)
                throw new FormatException($"a line of more than {lineBytesMax} bytes");
            var read = await socket.ReceiveAsync(_buffer.AsMemory(_end), cancellation);
            if (read == 0)
                return null;
            _end += read;
        }
    }
}
